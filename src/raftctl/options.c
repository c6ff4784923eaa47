/*
 * The table of options, and what their values have to be. Main thread.
 */
#include "raftctl/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "raftctl/output.h"

#define DEFAULT_ENDPOINT "127.0.0.1:7380"

enum {
    /* A little longer than the daemon takes to answer that there is no leader. */
    DEFAULT_TIMEOUT_MS = 6000,
    TIMEOUT_MS_MAX = 3600000,
    DEFAULT_INTERVAL_S = 2,
    INTERVAL_S_MAX = 3600,
    DAYS_MAX = 36500,
};

#define TTL_S_MAX UINT64_C(9000000000) /* 285 years */

static const struct ctl_option table[OPTION_COUNT] = {
    [OPTION_ENDPOINTS] = {.name = "endpoints",
                          .value = "HOST:PORT,...",
                          .variable = "RAFTCTL_ENDPOINTS",
                          .help = "the nodes to ask (default: " DEFAULT_ENDPOINT ")"},
    [OPTION_WRITE] = {.name = "write",
                      .letter = 'w',
                      .value = "table|json",
                      .kind = VALUE_FORMAT,
                      .variable = "RAFTCTL_WRITE",
                      .help = "the form of the answer (default: table)"},
    [OPTION_TIMEOUT] = {.name = "timeout-ms",
                        .value = "NUMBER",
                        .variable = "RAFTCTL_TIMEOUT_MS",
                        .help = "how long a node may take to answer (default: 6000)"},
    [OPTION_TLS_CA] = {.name = "tls-ca",
                       .value = "FILE",
                       .kind = VALUE_FILE,
                       .variable = "RAFTCTL_TLS_CA",
                       .help = "use TLS; the CA that signed the certificates of the nodes"},
    [OPTION_TLS_CERTIFICATE] = {.name = "tls-cert",
                                .value = "FILE",
                                .kind = VALUE_FILE,
                                .variable = "RAFTCTL_TLS_CERT",
                                .help = "the certificate to show to the nodes"},
    [OPTION_TLS_KEY] = {.name = "tls-key",
                        .value = "FILE",
                        .kind = VALUE_FILE,
                        .variable = "RAFTCTL_TLS_KEY",
                        .help = "the private key of that certificate"},
    [OPTION_ALL] = {.name = "all", .help = "ask also the members that the endpoints name"},
    [OPTION_WATCH] = {.name = "watch", .help = "ask again and again, until Ctrl-C"},
    [OPTION_INTERVAL] = {.name = "interval",
                         .value = "SECONDS",
                         .help = "with --watch: time between two questions (default: 2)"},
    [OPTION_PREFIX] = {.name = "prefix", .help = "get every key that begins with the argument"},
    [OPTION_TTL] = {.name = "ttl", .value = "SECONDS", .help = "the key expires after this time"},
    [OPTION_NX] = {.name = "nx", .help = "set the key only if there is no such key"},
    [OPTION_LEARNER] = {.name = "learner",
                        .help = "the member stays a learner until it is promoted"},
    [OPTION_FORCE] = {.name = "force-new-cluster",
                      .help = "make the new cluster; without this option, change nothing"},
    [OPTION_STALE] = {.name = "stale",
                      .help = "take what the node has, although newer writes may be missing"},
    [OPTION_DATA_DIRECTORY] = {.name = "data-dir",
                               .value = "DIR",
                               .kind = VALUE_DIRECTORY,
                               .help = "the data directory of a node"},
    [OPTION_MEMBER] = {.name = "member",
                       .value = "ID=HOST:PORT",
                       .help = "a member of the new cluster and its peer address; once for each"},
    [OPTION_DIRECTORY] = {.name = "dir",
                          .value = "DIR",
                          .kind = VALUE_DIRECTORY,
                          .help = "the directory of the CA and its certificates"},
    [OPTION_NAME] = {.name = "name",
                     .value = "NAME",
                     .help = "the name in the certificate of a CA or client"},
    [OPTION_CLUSTER] = {.name = "cluster", .value = "NAME", .help = "the name of the cluster"},
    [OPTION_CLUSTER_ID] = {.name = "cluster-id",
                           .value = "HEX",
                           .help = "the id of the new cluster, as the first restore printed it"},
    [OPTION_ID] = {.name = "id", .value = "NUMBER", .help = "the id of the node"},
    [OPTION_HOST] = {.name = "host",
                     .value = "HOST",
                     .help = "a name or address of the node for its clients; once for each"},
    [OPTION_DAYS] = {.name = "days",
                     .value = "NUMBER",
                     .help = "for how many days the certificate is valid"},
    [OPTION_NOT_AFTER] = {.name = "not-after",
                          .value = "TIME",
                          .help = "until when the certificate is valid (2027-01-31T12:00:00Z)"},
    [OPTION_HELP] = {.name = "help", .letter = 'h', .help = "explain the command, or all of them"},
    [OPTION_VERSION] = {.name = "version", .help = "print the version"},
};

const struct ctl_option *ctl_option(enum ctl_option_id id)
{
    return &table[id];
}

/* ---- Values ------------------------------------------------------------------------------- */

/* A value and where it comes from: the name of an option or variable, for complaints. */
struct value {
    const char *source;
    const char *text;
};

/* A decimal number in [low, high]; nothing else. */
static bool parse_number(const struct value *value, uint64_t low, uint64_t high, uint64_t *number)
{
    const char *text = value->text;
    char *end = NULL;

    errno = 0;
    *number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *number < low ||
        *number > high) {
        ctl_complain("%s: found \"%s\", expected a number from %llu to %llu", value->source, text,
                     (unsigned long long)low, (unsigned long long)high);
        return false;
    }
    return true;
}

static bool parse_number32(const struct value *value, uint32_t low, uint32_t high, uint32_t *number)
{
    uint64_t found = 0;
    bool is_number = parse_number(value, low, high, &found);

    *number = (uint32_t)found;
    return is_number;
}

static bool parse_id(const struct value *value, uint16_t *id)
{
    uint64_t found = 0;
    bool is_number = parse_number(value, 1, UINT16_MAX, &found);

    *id = (uint16_t)found;
    return is_number;
}

/* The id of a cluster. */
static bool parse_hex(const struct value *value, uint64_t *number)
{
    size_t length = strlen(value->text);

    *number = strtoull(value->text, NULL, 16);
    if (length == 0 || length > 16 || strspn(value->text, "0123456789abcdefABCDEF") != length ||
        *number == 0) {
        ctl_complain("%s: found \"%s\", expected up to 16 hexadecimal digits, not all of them 0",
                     value->source, value->text);
        return false;
    }
    return true;
}

static bool parse_format(const struct value *value, enum ctl_format *format)
{
    bool is_json = strcmp(value->text, "json") == 0;

    if (!is_json && strcmp(value->text, "table") != 0) {
        ctl_complain("%s: found \"%s\", expected table or json", value->source, value->text);
        return false;
    }
    *format = is_json ? CTL_JSON : CTL_TABLE;
    return true;
}

/* Adds the endpoint that the first bytes of text name. */
static bool add_endpoint(struct ctl_options *options, const char *source, const char *text,
                         size_t size)
{
    char *endpoint = options->endpoints[options->endpoint_count];
    char host[ADDRESS_HOST_BYTES];
    const char *problem = NULL;
    uint16_t port = 0;

    if (size == 0 || size >= CTL_ENDPOINT_MAX) {
        ctl_complain("%s: found %s endpoint, expected HOST:PORT,HOST:PORT,...", source,
                     size == 0 ? "an empty" : "too long an");
        return false;
    }
    memcpy(endpoint, text, size);
    endpoint[size] = '\0';
    if (!address_split(endpoint, host, &port, &problem)) {
        ctl_complain("%s: found \"%s\", expected HOST:PORT: %s", source, endpoint, problem);
        return false;
    }
    if (port == 0) {
        ctl_complain("%s: found \"%s\", expected HOST:PORT: no node listens on port 0", source,
                     endpoint);
        return false;
    }
    options->endpoint_count++;
    return true;
}

static bool parse_endpoints(const struct value *value, struct ctl_options *options)
{
    const char *text = value->text;

    options->endpoint_count = 0;
    for (;;) {
        size_t size = strcspn(text, ",");

        if (options->endpoint_count == CTL_ENDPOINTS_MAX) {
            ctl_complain("%s: found more than %d endpoints", value->source, CTL_ENDPOINTS_MAX);
            return false;
        }
        if (!add_endpoint(options, value->source, text, size)) {
            return false;
        }
        if (text[size] == '\0') {
            return true;
        }
        text += size + 1;
    }
}

static bool add_to_list(const struct value *value, const char **list, size_t *count, size_t max)
{
    if (*count == max) {
        ctl_complain("%s: given more than %zu times", value->source, max);
        return false;
    }
    list[(*count)++] = value->text;
    return true;
}

static bool parse_text(const struct value *value, const char **text)
{
    *text = value->text;
    if (value->text[0] == '\0') {
        ctl_complain("%s: the value is empty", value->source);
        return false;
    }
    return true;
}

static bool take_flag(struct ctl_options *options, enum ctl_option_id id)
{
    switch (id) {
    case OPTION_ALL:
        options->whole_cluster = true;
        break;
    case OPTION_WATCH:
        options->watch = true;
        break;
    case OPTION_PREFIX:
        options->prefix = true;
        break;
    case OPTION_NX:
        options->only_new = true;
        break;
    case OPTION_LEARNER:
        options->learner = true;
        break;
    case OPTION_FORCE:
        options->force = true;
        break;
    case OPTION_STALE:
        options->stale = true;
        break;
    default: /* --help and --version are main()'s */
        break;
    }
    return true;
}

static bool take(struct ctl_options *options, enum ctl_option_id id, const struct value *value)
{
    switch (id) {
    case OPTION_ENDPOINTS:
        return parse_endpoints(value, options);
    case OPTION_WRITE:
        return parse_format(value, &options->format);
    case OPTION_TIMEOUT:
        return parse_number32(value, 1, TIMEOUT_MS_MAX, &options->timeout_ms);
    case OPTION_TLS_CA:
        return parse_text(value, &options->tls_ca);
    case OPTION_TLS_CERTIFICATE:
        return parse_text(value, &options->tls_certificate);
    case OPTION_TLS_KEY:
        return parse_text(value, &options->tls_key);
    case OPTION_INTERVAL:
        return parse_number32(value, 1, INTERVAL_S_MAX, &options->interval_s);
    case OPTION_TTL:
        return parse_number(value, 1, TTL_S_MAX, &options->ttl_s);
    case OPTION_DATA_DIRECTORY:
        return parse_text(value, &options->data_directory);
    case OPTION_MEMBER:
        return add_to_list(value, options->members, &options->member_count, CTL_MEMBERS_MAX);
    case OPTION_DIRECTORY:
        return parse_text(value, &options->directory);
    case OPTION_NAME:
        return parse_text(value, &options->name);
    case OPTION_CLUSTER:
        return parse_text(value, &options->cluster);
    case OPTION_CLUSTER_ID:
        return parse_hex(value, &options->cluster_id);
    case OPTION_ID:
        return parse_id(value, &options->id);
    case OPTION_HOST:
        return add_to_list(value, options->hosts, &options->host_count, CTL_HOSTS_MAX);
    case OPTION_DAYS:
        return parse_number32(value, 1, DAYS_MAX, &options->days);
    case OPTION_NOT_AFTER:
        return parse_text(value, &options->not_after);
    default:
        return take_flag(options, id);
    }
}

bool ctl_options_take(struct ctl_options *options, enum ctl_option_id id, const char *value)
{
    char source[32] = "--";

    strncat(source, table[id].name, sizeof(source) - 3);
    return take(options, id, &(struct value){.source = source, .text = value});
}

/* ---- What was not given, and all together ------------------------------------------------- */

/* An empty variable is one that is not set. */
static bool take_variables(struct ctl_options *options, uint32_t set)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        const char *variable = table[id].variable;
        const char *text =
            variable != NULL && (set & OPTION_BIT(id)) != 0 ? getenv(variable) : NULL;

        if (text != NULL && text[0] != '\0' &&
            !take(options, (enum ctl_option_id)id,
                  &(struct value){.source = variable, .text = text})) {
            return false;
        }
    }
    return true;
}

static bool check_together(const struct ctl_options *options)
{
    if ((options->tls_certificate == NULL) != (options->tls_key == NULL)) {
        ctl_complain("--tls-cert (RAFTCTL_TLS_CERT) and --tls-key (RAFTCTL_TLS_KEY): found one of "
                     "them, expected both or none");
        return false;
    }
    if (options->tls_certificate != NULL && options->tls_ca == NULL) {
        ctl_complain("--tls-cert (RAFTCTL_TLS_CERT) needs --tls-ca (RAFTCTL_TLS_CA): the CA that "
                     "signed the certificates of the nodes");
        return false;
    }
    if (options->days != 0 && options->not_after != NULL) {
        ctl_complain("found --days and --not-after, expected one of them");
        return false;
    }
    if (options->interval_s != 0 && !options->watch) {
        ctl_complain("--interval needs --watch");
        return false;
    }
    return true;
}

bool ctl_options_complete(struct ctl_options *options, uint32_t set, uint32_t given)
{
    const struct value endpoint = {.source = "default", .text = DEFAULT_ENDPOINT};

    if (!take_variables(options, set & ~given) || !check_together(options)) {
        return false;
    }
    options->timeout_ms = options->timeout_ms != 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    options->interval_s = options->interval_s != 0 ? options->interval_s : DEFAULT_INTERVAL_S;
    return options->endpoint_count != 0 || parse_endpoints(&endpoint, options);
}
