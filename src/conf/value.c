/*
 * Parses and formats the values of options. See value.h. Strict on purpose: a text that could have
 * two meanings, or is probably a typing error, is refused.
 */
#include "conf/value.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/assert.h"

/* Accepts decimal digits only. Refuses a sign, blanks, a leading zero, and what overflows. */
static bool parse_digits(const char *text, size_t length, uint64_t *value)
{
    uint64_t sum = 0;

    if (length == 0 || (length > 1 && text[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        uint64_t digit = (uint64_t)text[i] - '0';

        if (text[i] < '0' || text[i] > '9' || sum > (UINT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

static bool parse_bytes(const char *text, uint64_t *value)
{
    static const char suffixes[] = "KMG";
    size_t length = strlen(text);
    const char *suffix = length > 0 ? strchr(suffixes, text[length - 1]) : NULL;
    unsigned shift = suffix != NULL ? 10 * (unsigned)(suffix - suffixes + 1) : 0;

    if (!parse_digits(text, suffix != NULL ? length - 1 : length, value) ||
        *value > UINT64_MAX >> shift) {
        return false;
    }
    *value <<= shift;
    return true;
}

size_t conf_bytes_format(uint64_t bytes, char *text, size_t size)
{
    static const char suffixes[] = {0, 'K', 'M', 'G'};
    size_t power = 0;
    int length;

    while (bytes > 0 && bytes % 1024 == 0 && power + 1 < sizeof(suffixes)) {
        bytes /= 1024;
        power++;
    }
    length = power > 0 ? snprintf(text, size, "%llu%c", (unsigned long long)bytes, suffixes[power])
                       : snprintf(text, size, "%llu", (unsigned long long)bytes);
    return (size_t)length;
}

static void *field_of(struct conf *conf, const struct conf_option *option)
{
    return (char *)conf + option->offset;
}

static const void *field_in(const struct conf *conf, const struct conf_option *option)
{
    return (const char *)conf + option->offset;
}

static void store_number(struct conf *conf, const struct conf_option *option, uint64_t value)
{
    void *field = field_of(conf, option);

    switch (option->size_bytes) {
    case sizeof(uint16_t):
        *(uint16_t *)field = (uint16_t)value;
        break;
    case sizeof(uint32_t):
        *(uint32_t *)field = (uint32_t)value;
        break;
    default:
        ASSERT(option->size_bytes == sizeof(uint64_t));
        *(uint64_t *)field = value;
    }
}

static uint64_t load_number(const struct conf *conf, const struct conf_option *option)
{
    const void *field = field_in(conf, option);

    switch (option->size_bytes) {
    case sizeof(uint16_t):
        return *(const uint16_t *)field;
    case sizeof(uint32_t):
        return *(const uint32_t *)field;
    default:
        ASSERT(option->size_bytes == sizeof(uint64_t));
        return *(const uint64_t *)field;
    }
}

static bool set_number(struct conf *conf, const struct conf_option *option, const char *text)
{
    uint64_t value;

    if (option->type == CONF_TYPE_BYTES ? !parse_bytes(text, &value)
                                        : !parse_digits(text, strlen(text), &value)) {
        return false;
    }
    if (value < option->min || value > option->max ||
        (option->multiple > 0 && value % option->multiple != 0)) {
        return false;
    }
    store_number(conf, option, value);
    return true;
}

static bool set_bool(struct conf *conf, const struct conf_option *option, const char *text)
{
    bool yes = strcmp(text, "yes") == 0;

    if (!yes && strcmp(text, "no") != 0) {
        return false;
    }
    ASSERT(option->size_bytes == sizeof(bool));
    *(bool *)field_of(conf, option) = yes;
    return true;
}

static bool set_choice(struct conf *conf, const struct conf_option *option, const char *text)
{
    ASSERT(option->size_bytes == sizeof(int));
    for (int i = 0; i < CONF_CHOICES_MAX; i++) {
        if (option->choices[i] != NULL && strcmp(option->choices[i], text) == 0) {
            *(int *)field_of(conf, option) = i;
            return true;
        }
    }
    return false;
}

static bool is_name(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";

    return text[0] != 0 && strspn(text, allowed) == strlen(text);
}

/* A text that says what kind of path is wanted; NULL if the path is valid. Quotes have no meaning
 * in a configuration file, so they would become a part of the file's name, which is never
 * wanted. */
static const char *path_problem(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            return "a path without control characters";
        }
    }
    if (length > 0 && (strchr("\"'", text[0]) != NULL || strchr("\"'", text[length - 1]) != NULL)) {
        return "a path without quotes around it";
    }
    return length > 0 ? NULL : "a path";
}

/* A text that says what is wrong with an address; NULL if it is valid. A wildcard address is valid
 * to listen on but not to connect to. */
static const char *address_problem(const char *text, bool is_connected_to)
{
    char host[ADDRESS_HOST_BYTES];
    const char *problem;
    uint16_t port;

    if (!address_split(text, host, &port, &problem)) {
        return problem;
    }
    if (port == 0) {
        return "port 0 is not a valid port";
    }
    return is_connected_to && address_is_wildcard_host(host)
               ? "nobody can connect to a wildcard address"
               : NULL;
}

/* Returns a text that says what is wanted, which may be in wanted[]; NULL if the text is valid. */
static const char *text_problem(const struct conf_option *option, const char *text,
                                char wanted[CONF_WANTED_MAX])
{
    const char *problem = NULL;

    if (text[0] == 0 && option->initial[0] == 0) {
        return NULL;
    }
    if (strlen(text) >= option->size_bytes) {
        snprintf(wanted, CONF_WANTED_MAX, "at most %zu bytes", option->size_bytes - 1);
        return wanted;
    }
    switch (option->type) {
    case CONF_TYPE_NAME:
        if (!is_name(text)) {
            conf_wanted(option, wanted, CONF_WANTED_MAX);
            return wanted;
        }
        return NULL;
    case CONF_TYPE_PATH:
        return path_problem(text);
    default:
        ASSERT(option->type == CONF_TYPE_ADDRESS);
        problem = address_problem(text, strcmp(option->section, "advertise") == 0);
        if (problem != NULL) {
            snprintf(wanted, CONF_WANTED_MAX, "an address HOST:PORT (%s)", problem);
        }
        return problem != NULL ? wanted : NULL;
    }
}

static bool set_text(struct conf *conf, const struct conf_option *option, const char *text,
                     char wanted[CONF_WANTED_MAX])
{
    const char *problem = text_problem(option, text, wanted);

    if (problem == NULL) {
        memset(field_of(conf, option), 0, option->size_bytes);
        memcpy(field_of(conf, option), text, strlen(text));
        return true;
    }
    if (problem != wanted) {
        snprintf(wanted, CONF_WANTED_MAX, "%s", problem);
    }
    return false;
}

bool conf_value_parse(struct conf *conf, const struct conf_option *option, const char *text,
                      char wanted[CONF_WANTED_MAX])
{
    bool is_set;

    switch (option->type) {
    case CONF_TYPE_U16:
    case CONF_TYPE_U32:
    case CONF_TYPE_BYTES:
        is_set = set_number(conf, option, text);
        break;
    case CONF_TYPE_BOOL:
        is_set = set_bool(conf, option, text);
        break;
    case CONF_TYPE_ENUM:
        is_set = set_choice(conf, option, text);
        break;
    default:
        ASSERT(option->type != CONF_TYPE_PEER);
        return set_text(conf, option, text, wanted);
    }
    if (!is_set) {
        conf_wanted(option, wanted, CONF_WANTED_MAX);
    }
    return is_set;
}

bool conf_peer_id_parse(const char *key, uint16_t *id)
{
    uint64_t value;

    if (!parse_digits(key, strlen(key), &value) || value == 0 || value > UINT16_MAX) {
        return false;
    }
    *id = (uint16_t)value;
    return true;
}

bool conf_peer_parse(struct conf *conf, const char *key, const char *text,
                     char wanted[CONF_WANTED_MAX])
{
    struct conf_peer *peers = conf->peers;
    const char *problem;
    size_t at = 0;
    uint16_t id;

    if (!conf_peer_id_parse(key, &id)) {
        snprintf(wanted, CONF_WANTED_MAX, "a node id from 1 to %d", UINT16_MAX);
        return false;
    }
    problem = strlen(text) >= sizeof(peers[0].address) ? "the text is too long"
                                                       : address_problem(text, true);
    if (problem != NULL) {
        snprintf(wanted, CONF_WANTED_MAX, "an address HOST:PORT (%s)", problem);
        return false;
    }
    while (at < conf->peer_count && peers[at].id < id) {
        at++;
    }
    if (at == conf->peer_count || peers[at].id != id) {
        if (conf->peer_count == CONF_PEERS_MAX) {
            snprintf(wanted, CONF_WANTED_MAX, "no more than %d peers", CONF_PEERS_MAX);
            return false;
        }
        memmove(peers + at + 1, peers + at, (conf->peer_count - at) * sizeof(peers[0]));
        conf->peer_count++;
    }
    memset(&peers[at], 0, sizeof(peers[at]));
    peers[at].id = id;
    memcpy(peers[at].address, text, strlen(text));
    return true;
}

size_t conf_value_format(const struct conf *conf, const struct conf_option *option, char *text,
                         size_t size)
{
    const void *field = field_in(conf, option);
    const char *word = field; /* right for the types that are text */

    switch (option->type) {
    case CONF_TYPE_U16:
    case CONF_TYPE_U32:
        return (size_t)snprintf(text, size, "%llu", (unsigned long long)load_number(conf, option));
    case CONF_TYPE_BYTES:
        return conf_bytes_format(load_number(conf, option), text, size);
    case CONF_TYPE_BOOL:
        word = *(const bool *)field ? "yes" : "no";
        break;
    case CONF_TYPE_ENUM:
        ASSERT(*(const int *)field >= 0 && *(const int *)field < CONF_CHOICES_MAX);
        word = option->choices[*(const int *)field];
        break;
    default:
        ASSERT(option->type != CONF_TYPE_PEER);
    }
    ASSERT(word != NULL);
    return (size_t)snprintf(text, size, "%s", word);
}

static void wanted_number(const struct conf_option *option, char *wanted, size_t size)
{
    char min[32];
    char max[32];

    if (option->type != CONF_TYPE_BYTES) {
        snprintf(wanted, size, "a number from %llu to %llu", (unsigned long long)option->min,
                 (unsigned long long)option->max);
        return;
    }
    conf_bytes_format(option->min, min, sizeof(min));
    conf_bytes_format(option->max, max, sizeof(max));
    if (option->multiple == 0) {
        snprintf(wanted, size, "a size from %s to %s", min, max);
    } else {
        snprintf(wanted, size, "a size from %s to %s, a multiple of %llu", min, max,
                 (unsigned long long)option->multiple);
    }
}

static void wanted_choice(const struct conf_option *option, char *wanted, size_t size)
{
    size_t used = 0;

    wanted[0] = 0;
    for (size_t i = 0; i < CONF_CHOICES_MAX && option->choices[i] != NULL && used < size; i++) {
        bool is_last = i + 1 == CONF_CHOICES_MAX || option->choices[i + 1] == NULL;

        used += (size_t)snprintf(wanted + used, size - used, "%s%s",
                                 i == 0    ? ""
                                 : is_last ? " or "
                                           : ", ",
                                 option->choices[i]);
    }
}

void conf_wanted(const struct conf_option *option, char *wanted, size_t size)
{
    switch (option->type) {
    case CONF_TYPE_U16:
    case CONF_TYPE_U32:
    case CONF_TYPE_BYTES:
        wanted_number(option, wanted, size);
        break;
    case CONF_TYPE_BOOL:
        snprintf(wanted, size, "yes or no");
        break;
    case CONF_TYPE_ENUM:
        wanted_choice(option, wanted, size);
        break;
    case CONF_TYPE_NAME:
        snprintf(wanted, size, "1 to %zu letters, digits, dots, hyphens and underscores",
                 option->size_bytes - 1);
        break;
    case CONF_TYPE_PATH:
        snprintf(wanted, size, "a path");
        break;
    default:
        snprintf(wanted, size, "HOST:PORT");
    }
}

void conf_quote(const char *text, char quoted[CONF_QUOTE_MAX])
{
    static const char ellipsis[] = "...\"";
    size_t limit = CONF_QUOTE_MAX - sizeof(ellipsis);
    size_t used = 0;

    quoted[used++] = '"';
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;

        if (used + 4 > limit) {
            memcpy(quoted + used, ellipsis, sizeof(ellipsis));
            return;
        }
        if (c < ' ' || c == 0x7f) {
            used += (size_t)snprintf(quoted + used, CONF_QUOTE_MAX - used, "\\x%02x", c);
        } else {
            quoted[used++] = (char)c;
        }
    }
    quoted[used++] = '"';
    quoted[used] = 0;
}
