/*
 * The options of raftctl: one table with their names, values, variables and help, and the options
 * of one call. Main thread; immutable once main() has parsed them.
 */
#ifndef RAFTD_RAFTCTL_OPTIONS_H
#define RAFTD_RAFTCTL_OPTIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ctl_option_id {
    OPTION_ENDPOINTS,
    OPTION_WRITE,
    OPTION_TIMEOUT,
    OPTION_TLS_CA,
    OPTION_TLS_CERTIFICATE,
    OPTION_TLS_KEY,
    OPTION_ALL,
    OPTION_WATCH,
    OPTION_INTERVAL,
    OPTION_PREFIX,
    OPTION_TTL,
    OPTION_NX,
    OPTION_LEARNER,
    OPTION_FORCE,
    OPTION_STALE,
    OPTION_DATA_DIRECTORY,
    OPTION_MEMBER,
    OPTION_DIRECTORY,
    OPTION_NAME,
    OPTION_CLUSTER,
    OPTION_CLUSTER_ID,
    OPTION_ID,
    OPTION_HOST,
    OPTION_DAYS,
    OPTION_NOT_AFTER,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT,
};

/* Sets of options have a bit for each. */
#define OPTION_BIT(id) (UINT32_C(1) << (id))
/* Of every command that talks to nodes. */
#define OPTIONS_CLIENT                                                                             \
    (OPTION_BIT(OPTION_ENDPOINTS) | OPTION_BIT(OPTION_WRITE) | OPTION_BIT(OPTION_TIMEOUT) |        \
     OPTION_BIT(OPTION_TLS_CA) | OPTION_BIT(OPTION_TLS_CERTIFICATE) | OPTION_BIT(OPTION_TLS_KEY))

_Static_assert(OPTION_COUNT <= 32, "a set of options is 32 bits");

/* What completion offers as the value of an option or as an argument. */
enum ctl_value_kind { VALUE_ANY, VALUE_FILE, VALUE_DIRECTORY, VALUE_FORMAT, VALUE_SHELL };

/* A row of the table of options. */
struct ctl_option {
    const char *name;     /* without "--" */
    const char *value;    /* what the help calls its value; NULL = the option has none */
    const char *variable; /* the environment variable that stands in for it; NULL = none */
    const char *help;     /* one line */
    enum ctl_value_kind kind;
    char letter; /* 0 = none */
};

/* The row of an option. */
const struct ctl_option *ctl_option(enum ctl_option_id id);

enum ctl_format { CTL_TABLE, CTL_JSON };

enum { CTL_ENDPOINTS_MAX = 32, CTL_HOSTS_MAX = 32, CTL_MEMBERS_MAX = 32, CTL_ENDPOINT_MAX = 272 };

/* The options of one call. All text is borrowed from the command line and the environment. */
struct ctl_options {
    enum ctl_format format;
    char endpoints[CTL_ENDPOINTS_MAX][CTL_ENDPOINT_MAX];
    size_t endpoint_count;
    uint32_t timeout_ms;
    const char *tls_ca; /* NULL = plain text */
    const char *tls_certificate;
    const char *tls_key;
    const atomic_bool *is_cancelled; /* true: stop waiting for nodes; NULL = never */

    /* status */
    bool whole_cluster; /* ask also the members that the endpoints know */
    bool watch;
    uint32_t interval_s;

    /* keys */
    bool prefix;    /* get: all keys that begin with the argument */
    bool only_new;  /* set: only if there is no such key */
    uint64_t ttl_s; /* set: time to live in seconds, 0 = for ever */

    bool learner; /* member add: it stays a learner */
    bool force;   /* recover: make the new cluster */
    bool stale;   /* backup, dump: take what the node has, without asking the leader */

    /* cert */
    const char *directory;
    const char *name;
    const char *cluster;
    const char *hosts[CTL_HOSTS_MAX];
    size_t host_count;
    uint16_t id;           /* 0 = not given */
    uint32_t days;         /* 0 = not given */
    const char *not_after; /* NULL = not given */

    /* restore */
    const char *data_directory;
    uint64_t cluster_id;                  /* 0 = not given */
    const char *members[CTL_MEMBERS_MAX]; /* ID=HOST:PORT */
    size_t member_count;
};

/*
 * One option of the command line. False after a complaint about its value. value: NULL if the
 * option has none.
 */
bool ctl_options_take(struct ctl_options *options, enum ctl_option_id id, const char *value);
/*
 * Options of the set that were not given get the value of their variable, or their default. Then
 * all options together are checked. False after a complaint, which names the variable or option.
 */
bool ctl_options_complete(struct ctl_options *options, uint32_t set, uint32_t given);

#endif
