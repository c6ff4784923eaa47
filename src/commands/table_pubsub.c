/*
 * Publishing and subscribing.
 */
#include "commands/table.h"

#define ON_PUBSUB .group = "pubsub", .categories = CATEGORY_PUBSUB
#define OF_PUBSUB SUBCOMMAND("pubsub", "pubsub", CATEGORY_PUBSUB)

static const struct command_argument many_channels[] = {
    {"channel", ARGUMENT_STRING, ARGUMENT_MULTIPLE, NULL, NULL}, END};
static const struct command_argument maybe_channels[] = {
    {"channel", ARGUMENT_STRING, ARGUMENT_OPTIONAL | ARGUMENT_MULTIPLE, NULL, NULL}, END};
static const struct command_argument many_patterns[] = {
    {"pattern", ARGUMENT_PATTERN, ARGUMENT_MULTIPLE, NULL, NULL}, END};
static const struct command_argument maybe_patterns[] = {
    {"pattern", ARGUMENT_PATTERN, ARGUMENT_OPTIONAL | ARGUMENT_MULTIPLE, NULL, NULL}, END};
static const struct command_argument maybe_pattern[] = {
    {"pattern", ARGUMENT_PATTERN, ARGUMENT_OPTIONAL, NULL, NULL}, END};
static const struct command_argument channel_message[] = {
    ARGUMENT("channel", ARGUMENT_STRING), ARGUMENT("message", ARGUMENT_STRING), END};

static const struct command pubsub_commands[] = {
    {
        .name = "channels",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER | COMMAND_PUBSUB,
        .run = run_pubsub_channels,
        OF_PUBSUB,
        .summary = "Get the channels that have subscribers on this node",
        .complexity = "O(N) where N is the number of channels",
        .syntax = maybe_pattern,
    },
    HELP_OF("pubsub", "pubsub"),
    {
        .name = "numpat",
        .arity = 2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER | COMMAND_PUBSUB,
        .run = run_pubsub_numpat,
        OF_PUBSUB,
        .summary = "Get the number of different patterns that have subscribers on this node",
        .complexity = "O(1)",
    },
    {
        .name = "numsub",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = ABOUT_SERVER | COMMAND_PUBSUB,
        .run = run_pubsub_numsub,
        OF_PUBSUB,
        .summary = "Get the number of subscribers that channels have on this node",
        .complexity = "O(N) where N is the number of channels",
        .syntax = maybe_channels,
    },
    END,
};

const struct command commands_of_pubsub[] = {
    {
        .name = "psubscribe",
        .arity = -2,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED,
        .run = run_psubscribe,
        ON_PUBSUB,
        .summary = "Subscribe to all channels that match patterns",
        .complexity = "O(N) where N is the number of patterns",
        .syntax = many_patterns,
    },
    {
        .name = "publish",
        .arity = 3,
        .kind = COMMAND_IS_CHANGE,
        .flags = COMMAND_WRITE | COMMAND_PUBSUB | COMMAND_FAST,
        .operation = KV_PUBLISH,
        ON_PUBSUB,
        .summary = "Send a message to the subscribers of a channel on all nodes, through the log; "
                   "answers how many there are on this one",
        .complexity = "O(N) where N is the number of subscribers",
        .syntax = channel_message,
    },
    {
        .name = "pubsub",
        .arity = -2,
        .kind = COMMAND_IS_LOCAL,
        .flags = 0,
        .subcommands = pubsub_commands,
        .group = "pubsub",
        .summary = "A container for what there is to know about subscriptions",
        .complexity = "Depends on subcommand",
    },
    {
        .name = "punsubscribe",
        .arity = -1,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED,
        .run = run_punsubscribe,
        ON_PUBSUB,
        .summary = "Take subscriptions to patterns back, or all of them",
        .complexity = "O(N) where N is the number of patterns",
        .syntax = maybe_patterns,
    },
    {
        .name = "subscribe",
        .arity = -2,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED,
        .run = run_subscribe,
        ON_PUBSUB,
        .summary = "Subscribe to channels",
        .complexity = "O(N) where N is the number of channels",
        .syntax = many_channels,
    },
    {
        .name = "unsubscribe",
        .arity = -1,
        .kind = COMMAND_IS_BARRIER,
        .flags = ABOUT_SERVER | COMMAND_PUBSUB | COMMAND_NO_MULTI | COMMAND_SUBSCRIBED,
        .run = run_unsubscribe,
        ON_PUBSUB,
        .summary = "Take subscriptions to channels back, or all of them",
        .complexity = "O(N) where N is the number of channels",
        .syntax = maybe_channels,
    },
    END,
};
