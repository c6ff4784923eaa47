/*
 * The operator's tool: main() of raftctl. Parses the command line against one table of commands
 * and hands over to the function that carries the command out.
 */
#include "raftctl/raftctl.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "raftctl/output.h"

#define DEFAULT_ENDPOINT "127.0.0.1:7380"

/* A little longer than the daemon takes to answer that there is no leader. */
enum { DEFAULT_TIMEOUT_MS = 6000, TIMEOUT_MS_MAX = 3600000, DAYS_MAX = 36500 };

/* Options by their place in a command's set of them; also what getopt_long() returns. */
enum option_bit {
    OPTION_WRITE = 1 << 0,
    OPTION_ENDPOINTS = 1 << 1,
    OPTION_TIMEOUT = 1 << 2,
    OPTION_TLS_CA = 1 << 3,
    OPTION_TLS_CERTIFICATE = 1 << 4,
    OPTION_TLS_KEY = 1 << 5,
    OPTION_WHOLE_CLUSTER = 1 << 6,
    OPTION_DIRECTORY = 1 << 7,
    OPTION_NAME = 1 << 8,
    OPTION_CLUSTER = 1 << 9,
    OPTION_HOST = 1 << 10,
    OPTION_ID = 1 << 11,
    OPTION_DAYS = 1 << 12,
    OPTION_NOT_AFTER = 1 << 13,
    OPTION_HELP = 1 << 14,
    OPTION_VERSION = 1 << 15,
    OPTION_LEARNER = 1 << 16,
    OPTION_DATA_DIRECTORY = 1 << 17,
    OPTION_MEMBER = 1 << 18,
    OPTION_FORCE = 1 << 19,
    OPTIONS_END = 1 << 20,

    OPTIONS_CLIENT = OPTION_WRITE | OPTION_ENDPOINTS | OPTION_TIMEOUT | OPTION_TLS_CA |
                     OPTION_TLS_CERTIFICATE | OPTION_TLS_KEY,
    OPTIONS_LIFE = OPTION_DAYS | OPTION_NOT_AFTER,
};

static const struct option long_options[] = {
    {"write", required_argument, NULL, OPTION_WRITE},
    {"endpoints", required_argument, NULL, OPTION_ENDPOINTS},
    {"timeout-ms", required_argument, NULL, OPTION_TIMEOUT},
    {"tls-ca", required_argument, NULL, OPTION_TLS_CA},
    {"tls-cert", required_argument, NULL, OPTION_TLS_CERTIFICATE},
    {"tls-key", required_argument, NULL, OPTION_TLS_KEY},
    {"force-new-cluster", no_argument, NULL, OPTION_FORCE},
    {"learner", no_argument, NULL, OPTION_LEARNER},
    {"all", no_argument, NULL, OPTION_WHOLE_CLUSTER},
    {"dir", required_argument, NULL, OPTION_DIRECTORY},
    {"name", required_argument, NULL, OPTION_NAME},
    {"cluster", required_argument, NULL, OPTION_CLUSTER},
    {"host", required_argument, NULL, OPTION_HOST},
    {"id", required_argument, NULL, OPTION_ID},
    {"days", required_argument, NULL, OPTION_DAYS},
    {"not-after", required_argument, NULL, OPTION_NOT_AFTER},
    {"data-dir", required_argument, NULL, OPTION_DATA_DIRECTORY},
    {"member", required_argument, NULL, OPTION_MEMBER},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

struct command {
    const char *name;
    const char *subname;  /* NULL = none */
    const char *synopsis; /* what follows the name */
    int arguments_min;
    int arguments_max;
    int options;  /* enum option_bit */
    int required; /* those that must be given */
    int (*run)(const struct ctl_options *options, char **arguments);
};

enum { ARGUMENTS_ANY = 1 << 20 };

static const struct command commands[] = {
    {"status", NULL, "[--all]", 0, 0, OPTIONS_CLIENT | OPTION_WHOLE_CLUSTER, 0, ctl_status},
    {"members", NULL, "", 0, 0, OPTIONS_CLIENT, 0, ctl_members},
    {"member", "list", "", 0, 0, OPTIONS_CLIENT, 0, ctl_members},
    {"member", "add", "ID ADDRESS [--learner]", 2, 2, OPTIONS_CLIENT | OPTION_LEARNER, 0,
     ctl_member_add},
    {"member", "promote", "ID", 1, 1, OPTIONS_CLIENT, 0, ctl_member_promote},
    {"member", "remove", "ID", 1, 1, OPTIONS_CLIENT, 0, ctl_member_remove},
    {"member", "replace", "OLD NEW ADDRESS", 3, 3, OPTIONS_CLIENT, 0, ctl_member_replace},
    {"member", "move", "ID ADDRESS", 2, 2, OPTIONS_CLIENT, 0, ctl_member_move},
    {"transfer", NULL, "[ID]", 0, 1, OPTIONS_CLIENT, 0, ctl_handover},
    {"ready", NULL, "", 0, 0, OPTIONS_CLIENT, 0, ctl_ready},
    {"get", NULL, "KEY", 1, 1, OPTIONS_CLIENT, 0, ctl_get},
    {"set", NULL, "KEY VALUE", 2, 2, OPTIONS_CLIENT, 0, ctl_set},
    {"del", NULL, "KEY ...", 1, ARGUMENTS_ANY, OPTIONS_CLIENT, 0, ctl_del},
    {"snapshot", NULL, "", 0, 0, OPTIONS_CLIENT, 0, ctl_snapshot},
    {"backup", "verify", "FILE", 1, 1, OPTION_WRITE, 0, ctl_backup_verify},
    {"backup", NULL, "FILE", 1, 1, OPTIONS_CLIENT, 0, ctl_backup},
    {"restore", NULL, "FILE --data-dir DIR --id N --cluster NAME --member ID=HOST:PORT ...", 1, 1,
     OPTION_DATA_DIRECTORY | OPTION_ID | OPTION_CLUSTER | OPTION_MEMBER,
     OPTION_DATA_DIRECTORY | OPTION_ID | OPTION_CLUSTER | OPTION_MEMBER, ctl_restore},
    {"recover", NULL, "--data-dir DIR [--force-new-cluster]", 0, 0,
     OPTION_DATA_DIRECTORY | OPTION_FORCE, OPTION_DATA_DIRECTORY, ctl_recover},
    {"dump", NULL, "[FILE]", 0, 1, OPTIONS_CLIENT, 0, ctl_dump},
    {"wal", NULL, "FILE ...", 1, ARGUMENTS_ANY, 0, 0, ctl_wal},
    {"cert", "ca", "--dir DIR [--name NAME]", 0, 0, OPTION_DIRECTORY | OPTION_NAME | OPTIONS_LIFE,
     OPTION_DIRECTORY, ctl_cert_ca},
    {"cert", "node", "--dir DIR --id N --cluster NAME [--host HOST ...]", 0, 0,
     OPTION_DIRECTORY | OPTION_ID | OPTION_CLUSTER | OPTION_HOST | OPTIONS_LIFE,
     OPTION_DIRECTORY | OPTION_ID | OPTION_CLUSTER, ctl_cert_node},
    {"cert", "client", "--dir DIR --name NAME", 0, 0, OPTION_DIRECTORY | OPTION_NAME | OPTIONS_LIFE,
     OPTION_DIRECTORY | OPTION_NAME, ctl_cert_client},
    {"cert", "show", "FILE", 1, 1, 0, 0, ctl_cert_show},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void usage(FILE *file)
{
    fputs("usage: raftctl [OPTION ...] COMMAND\n\n", file);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct command *command = &commands[i];
        fprintf(file, "    %s%s%s%s%s\n", command->name, command->subname != NULL ? " " : "",
                command->subname != NULL ? command->subname : "",
                command->synopsis[0] != '\0' ? " " : "", command->synopsis);
    }
    fputs("\n"
          "    --endpoints HOST:PORT,...   nodes to ask (or RAFTCTL_ENDPOINTS; " DEFAULT_ENDPOINT
          ")\n"
          "    -w, --write table|json      how to answer\n"
          "    --timeout-ms N              patience with each node (6000)\n"
          "    --tls-ca FILE               speak TLS; the CA that signed the nodes' certificates\n"
          "    --tls-cert FILE, --tls-key FILE\n"
          "                                own certificate, where the nodes ask for one\n"
          "    --days N, --not-after TIME  life of a certificate\n"
          "    --help, --version\n\n"
          "raftctl(1) has the rest.\n",
          file);
}

/* ---- Values of options -------------------------------------------------------------------- */

/* A decimal number in [low, high]; nothing else. */
static bool parse_number(const char *option, const char *text, unsigned long low,
                         unsigned long high, unsigned long *value)
{
    char *end = NULL;

    errno = 0;
    *value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *value < low ||
        *value > high) {
        ctl_complain("%s: found \"%s\", wanted a number from %lu to %lu", option, text, low, high);
        return false;
    }
    return true;
}

static bool parse_format(struct ctl_options *options, const char *text)
{
    if (strcmp(text, "table") == 0) {
        options->format = CTL_TABLE;
    } else if (strcmp(text, "json") == 0) {
        options->format = CTL_JSON;
    } else {
        ctl_complain("--write: found \"%s\", wanted table or json", text);
        return false;
    }
    return true;
}

/* Adds the endpoint that the first bytes of text name. */
static bool add_endpoint(struct ctl_options *options, const char *text, size_t size)
{
    char *endpoint = options->endpoints[options->endpoint_count];
    char host[ADDRESS_HOST_BYTES];
    const char *problem = NULL;
    uint16_t port = 0;

    if (size == 0 || size >= CTL_ENDPOINT_MAX) {
        ctl_complain("--endpoints: found %s endpoint, wanted HOST:PORT,HOST:PORT,...",
                     size == 0 ? "an empty" : "too long an");
        return false;
    }
    memcpy(endpoint, text, size);
    endpoint[size] = '\0';
    if (!address_split(endpoint, host, &port, &problem)) {
        ctl_complain("--endpoints: \"%s\" %s", endpoint, problem);
        return false;
    }
    if (port == 0) {
        ctl_complain("--endpoints: \"%s\": port 0 cannot be connected to", endpoint);
        return false;
    }
    options->endpoint_count++;
    return true;
}

static bool parse_endpoints(struct ctl_options *options, const char *text)
{
    options->endpoint_count = 0;
    for (;;) {
        size_t size = strcspn(text, ",");
        if (options->endpoint_count == CTL_ENDPOINTS_MAX) {
            ctl_complain("--endpoints: more than %d", CTL_ENDPOINTS_MAX);
            return false;
        }
        if (!add_endpoint(options, text, size)) {
            return false;
        }
        if (text[size] == '\0') {
            return true;
        }
        text += size + 1;
    }
}

static bool add_host(struct ctl_options *options, const char *host)
{
    if (options->host_count == CTL_HOSTS_MAX) {
        ctl_complain("--host: more than %d", CTL_HOSTS_MAX);
        return false;
    }
    options->hosts[options->host_count++] = host;
    return true;
}

static bool take_option(struct ctl_options *options, int option, const char *value)
{
    unsigned long number = 0;

    switch (option) {
    case OPTION_WRITE:
        return parse_format(options, value);
    case OPTION_ENDPOINTS:
        return parse_endpoints(options, value);
    case OPTION_TIMEOUT:
        if (!parse_number("--timeout-ms", value, 1, TIMEOUT_MS_MAX, &number)) {
            return false;
        }
        options->timeout_ms = (uint32_t)number;
        return true;
    case OPTION_FORCE:
        options->force = true;
        return true;
    case OPTION_LEARNER:
        options->learner = true;
        return true;
    case OPTION_ID:
        if (!parse_number("--id", value, 1, UINT16_MAX, &number)) {
            return false;
        }
        options->id = (uint16_t)number;
        return true;
    case OPTION_DAYS:
        if (!parse_number("--days", value, 1, DAYS_MAX, &number)) {
            return false;
        }
        options->days = (uint32_t)number;
        return true;
    case OPTION_HOST:
        return add_host(options, value);
    case OPTION_MEMBER:
        if (options->member_count == CTL_MEMBERS_MAX) {
            ctl_complain("--member: more than %d", CTL_MEMBERS_MAX);
            return false;
        }
        options->members[options->member_count++] = value;
        return true;
    case OPTION_WHOLE_CLUSTER:
        options->whole_cluster = true;
        return true;
    default:
        break;
    }
    if (value[0] == '\0') {
        ctl_complain("an option has an empty value");
        return false;
    }
    switch (option) {
    case OPTION_TLS_CA:
        options->tls_ca = value;
        break;
    case OPTION_TLS_CERTIFICATE:
        options->tls_certificate = value;
        break;
    case OPTION_TLS_KEY:
        options->tls_key = value;
        break;
    case OPTION_DIRECTORY:
        options->directory = value;
        break;
    case OPTION_DATA_DIRECTORY:
        options->data_directory = value;
        break;
    case OPTION_NAME:
        options->name = value;
        break;
    case OPTION_CLUSTER:
        options->cluster = value;
        break;
    case OPTION_NOT_AFTER:
        options->not_after = value;
        break;
    default:
        return false;
    }
    return true;
}

/* ---- The command -------------------------------------------------------------------------- */

/* The command that the words name; *words moves behind its name. NULL after a complaint. */
static const struct command *find_command(char ***words)
{
    const char *name = **words;
    bool known = false;

    if (name == NULL) {
        usage(stderr);
        return NULL;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct command *command = &commands[i];
        const char *subname = (*words)[1];
        if (strcmp(command->name, name) != 0) {
            continue;
        }
        known = true;
        if (command->subname == NULL) {
            *words += 1;
            return command;
        }
        if (subname != NULL && strcmp(command->subname, subname) == 0) {
            *words += 2;
            return command;
        }
    }
    ctl_complain(
        known ? "%s what? See raftctl --help" : "unknown command \"%s\"; see raftctl --help", name);
    return NULL;
}

static const char *option_name(int bit)
{
    const struct option *option = long_options;

    while (option->name != NULL && option->val != bit) {
        option++;
    }
    return option->name;
}

static bool check_usage(const struct command *command, char **arguments, int given)
{
    int count = 0;

    for (int bit = 1; bit < OPTIONS_END; bit <<= 1) {
        if ((given & bit) != 0 && (command->options & bit) == 0) {
            ctl_complain("--%s makes no sense with this command; see raftctl --help",
                         option_name(bit));
            return false;
        }
        if ((command->required & bit) != 0 && (given & bit) == 0) {
            ctl_complain("--%s is missing; see raftctl --help", option_name(bit));
            return false;
        }
    }
    while (arguments[count] != NULL) {
        count++;
    }
    if (count < command->arguments_min || count > command->arguments_max) {
        ctl_complain("usage: raftctl %s%s%s %s", command->name, command->subname != NULL ? " " : "",
                     command->subname != NULL ? command->subname : "", command->synopsis);
        return false;
    }
    return true;
}

/* What several options say together. */
static bool check_options(const struct ctl_options *options)
{
    if ((options->tls_certificate == NULL) != (options->tls_key == NULL)) {
        ctl_complain("--tls-cert and --tls-key come together");
        return false;
    }
    if (options->tls_certificate != NULL && options->tls_ca == NULL) {
        ctl_complain("--tls-cert without --tls-ca: which CA signed the nodes' certificates?");
        return false;
    }
    if (options->days != 0 && options->not_after != NULL) {
        ctl_complain("--days and --not-after exclude each other");
        return false;
    }
    return true;
}

static void options_from_environment(struct ctl_options *options)
{
    options->timeout_ms = DEFAULT_TIMEOUT_MS;
    options->tls_ca = getenv("RAFTCTL_TLS_CA");
    options->tls_certificate = getenv("RAFTCTL_TLS_CERT");
    options->tls_key = getenv("RAFTCTL_TLS_KEY");
}

/* The endpoints where no option gave any. */
static bool default_endpoints(struct ctl_options *options)
{
    const char *listed = getenv("RAFTCTL_ENDPOINTS");

    if (options->endpoint_count != 0) {
        return true;
    }
    return parse_endpoints(options,
                           listed != NULL && listed[0] != '\0' ? listed : DEFAULT_ENDPOINT);
}

/* An answer that was not printed was not given. */
static int flush_output(int code)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        ctl_complain("cannot write the answer: %s", strerror(errno));
        return CTL_LOCAL;
    }
    return code;
}

int main(int argc, char **argv)
{
    static struct ctl_options options;
    const struct command *command;
    char **words;
    int given = 0;
    int option;

    signal(SIGPIPE, SIG_IGN);
    options_from_environment(&options);
    while ((option = getopt_long(argc, argv, "w:h", long_options, NULL)) != -1) {
        option = option == 'w' ? OPTION_WRITE : option == 'h' ? OPTION_HELP : option;
        if (option == OPTION_HELP) {
            usage(stdout);
            return flush_output(CTL_OK);
        }
        if (option == OPTION_VERSION) {
            puts("raftctl " PACKAGE_VERSION);
            return flush_output(CTL_OK);
        }
        if (option == '?' || !take_option(&options, option, optarg)) {
            return CTL_USAGE;
        }
        given |= option;
    }
    words = argv + optind;
    command = find_command(&words);
    if (command == NULL || !check_usage(command, words, given) || !check_options(&options) ||
        !default_endpoints(&options)) {
        return CTL_USAGE;
    }
    return flush_output(command->run(&options, words));
}
