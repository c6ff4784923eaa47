/*
 * Publishing and subscribing.
 */
#include "commands/table.h"

#define ON_PUBSUB IN_GROUP("pubsub", CATEGORY_PUBSUB)

static const struct command pubsub_commands[] = {
    {SUBCOMMAND("pubsub", "channels"), .arity = -2, KIND(LOCAL, ABOUT_SERVER | COMMAND_PUBSUB),
     ON_PUBSUB, .run = run_pubsub_channels, .syntax = "[~pattern]",
     DOCS("O(N) where N is the number of channels",
          "Get the channels that have subscribers on this node")},
    HELP_OF("pubsub", "pubsub"),
    {SUBCOMMAND("pubsub", "numpat"), .arity = 2, KIND(LOCAL, ABOUT_SERVER | COMMAND_PUBSUB),
     ON_PUBSUB, .run = run_pubsub_numpat,
     DOCS("O(1)", "Get the number of different patterns that have subscribers on this node")},
    {SUBCOMMAND("pubsub", "numsub"), .arity = -2, KIND(LOCAL, ABOUT_SERVER | COMMAND_PUBSUB),
     ON_PUBSUB, .run = run_pubsub_numsub, .syntax = "[channel...]",
     DOCS("O(N) where N is the number of channels",
          "Get the number of subscribers that channels have on this node")},
    END,
};

const struct command commands_of_pubsub[] = {
    {COMMAND("psubscribe"), .arity = -2,
     KIND(BARRIER, ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED),
     ON_PUBSUB, .run = run_psubscribe, .syntax = "~pattern...",
     DOCS("O(N) where N is the number of patterns",
          "Subscribe to all channels that match patterns")},
    {COMMAND("publish"), .arity = 3, KIND(CHANGE, COMMAND_WRITE | COMMAND_PUBSUB | COMMAND_FAST),
     ON_PUBSUB, .operation = KV_PUBLISH, .syntax = "channel message",
     DOCS("O(N) where N is the number of subscribers",
          "Send a message to the subscribers of a channel on all nodes, through the log; answers "
          "how many there are on this one")},
    CONTAINER("pubsub", pubsub_commands, "pubsub",
              "A container for what there is to know about subscriptions"),
    {COMMAND("punsubscribe"), .arity = -1,
     KIND(BARRIER, ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED),
     ON_PUBSUB, .run = run_punsubscribe, .syntax = "[~pattern...]",
     DOCS("O(N) where N is the number of patterns",
          "Take subscriptions to patterns back, or all of them")},
    {COMMAND("subscribe"), .arity = -2,
     KIND(BARRIER, ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED),
     ON_PUBSUB, .run = run_subscribe, .syntax = "channel...",
     DOCS("O(N) where N is the number of channels", "Subscribe to channels")},
    {COMMAND("unsubscribe"), .arity = -1,
     KIND(BARRIER, ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED),
     ON_PUBSUB, .run = run_unsubscribe, .syntax = "[channel...]",
     DOCS("O(N) where N is the number of channels",
          "Take subscriptions to channels back, or all of them")},
    END,
};
