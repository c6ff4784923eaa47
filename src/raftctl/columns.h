/*
 * Columns of the tables that show RAFT STATUS. A column that shows a field of <raftd/status.h>
 * needs the field's name only: its title, its side and how a cell is written follow from the
 * tables there. Other columns have a function of their own. Any thread.
 */
#ifndef RAFTD_RAFTCTL_COLUMNS_H
#define RAFTD_RAFTCTL_COLUMNS_H

#include <stddef.h>
#include <stdio.h>

#include "raftctl/output.h"
#include "raftctl/view.h"

/* What the cells of one row are made of. */
struct ctl_row {
    const struct ctl_answer *answer;  /* of an endpoint's row; NULL in other rows */
    const struct resp_reply *status;  /* the whole map of the answer; NULL = no answer */
    const struct resp_reply *figures; /* the map that the fields are in: the status, or a member */
};

struct ctl_column {
    /* Name of the field: "silent_ms" gets the title SILENT MS, "last_index" LAST. For a column that
     * shows no field: its title, with '>' in front if it shows numbers. */
    const char *name;
    void (*cell)(struct table *table, const struct ctl_row *row); /* NULL: shows the field */
};

/* Makes a table with these columns and without rows. The caller frees it with table_destroy(). */
struct table *ctl_columns_table(const struct ctl_column *columns, size_t count);
void ctl_columns_row(struct table *table, const struct ctl_column *columns, size_t count,
                     const struct ctl_row *row);

/* Cells of a member's row: its role, and its connection to the node that was asked. */
void ctl_show_kind(struct table *table, const struct ctl_row *row);
void ctl_show_link(struct table *table, const struct ctl_row *row);
/* Prints a table with a row for each member of a status. */
void ctl_columns_members(FILE *file, const struct resp_reply *status,
                         const struct ctl_column *columns, size_t count);

#endif
