/*
 * Settings that differ between the members and should not. See settings.c.
 */
#ifndef RAFTD_NODE_SETTINGS_H
#define RAFTD_NODE_SETTINGS_H

struct raftd_node;

/* Run thread, at times: warns in the log when the members' settings begin to differ. */
void settings_compare(struct raftd_node *node);

#endif
