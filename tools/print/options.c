/*
 * A program that prints the documentation of all options from the table in options.c:
 * `options man` prints the option list of raftd.conf(5), `options sample` the sample
 * configuration. tools/check-options runs it when raftd is built; it is never installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "conf/options.h"
#include "conf/value.h"

enum { COLUMNS_MAX = 78 };

/* Prints text in lines of at most COLUMNS_MAX columns. Each line begins with prefix. */
static void wrap(const char *prefix, const char *text)
{
    size_t width = 0;

    while (*text != 0) {
        size_t word = strcspn(text, " ");

        if (width == 0 || width + 1 + word > COLUMNS_MAX) {
            printf("%s%s", width == 0 ? "" : "\n", prefix);
            width = strlen(prefix);
        } else {
            putchar(' ');
            width++;
        }
        printf("%.*s", (int)word, text);
        width += word;
        text += word + (text[word] == ' ' ? 1 : 0);
    }
    putchar('\n');
}

/* Writes what values an option accepts, for people and without a full stop: "1 to 65535
 * milliseconds", "yes or no". */
static void describe_values(const struct conf_option *option, char *text, size_t size)
{
    char min[32];
    char max[32];

    switch (option->type) {
    case CONF_TYPE_U16:
    case CONF_TYPE_U32:
        snprintf(text, size, "%llu to %llu%s%s", (unsigned long long)option->min,
                 (unsigned long long)option->max, option->unit != NULL ? " " : "",
                 option->unit != NULL ? option->unit : "");
        break;
    case CONF_TYPE_BYTES:
        conf_bytes_format(option->min, min, sizeof(min));
        conf_bytes_format(option->max, max, sizeof(max));
        snprintf(text, size, "%s to %s %s", min, max, option->unit);
        if (option->multiple > 0) {
            size_t used = strlen(text);

            snprintf(text + used, size - used, ", a multiple of %llu",
                     (unsigned long long)option->multiple);
        }
        break;
    default:
        conf_wanted(option, text, size);
        if (option->initial[0] == 0 && option->type == CONF_TYPE_PATH) {
            snprintf(text, size, "a path, or nothing");
        }
    }
}

/* ---- the manual page ---- */

/* Prints one sentence in mdoc. A backslash anywhere, and a dot or quote at the start of a line, are
 * commands to the formatter. The assertion holds that the table has no such text and that wrapping
 * cannot move a dot or quote to the start of a line. */
static void man_sentence(const char *text, size_t length)
{
    char sentence[512];

    ASSERT(length < sizeof(sentence));
    memcpy(sentence, text, length);
    sentence[length] = 0;
    ASSERT(strchr(sentence, '\\') == NULL && strstr(sentence, " .") == NULL &&
           strstr(sentence, " '") == NULL);
    wrap("", sentence);
}

/* Prints text in mdoc, each sentence on a line of its own, as the formatter expects it. */
static void man_text(const char *text)
{
    const char *end;

    while ((end = strstr(text, ". ")) != NULL) {
        man_sentence(text, (size_t)(end + 1 - text));
        text = end + 2;
    }
    man_sentence(text, strlen(text));
}

static const char *argument_name(const struct conf_option *option)
{
    switch (option->type) {
    case CONF_TYPE_U16:
    case CONF_TYPE_U32:
        return "number";
    case CONF_TYPE_BYTES:
        return "size";
    case CONF_TYPE_NAME:
        return "name";
    case CONF_TYPE_PATH:
        return "path";
    default:
        return "host:port";
    }
}

/* Prints the head of an option: ".It Cm peer No = Cm off | required". */
static void man_tag(const struct conf_option *option)
{
    printf(".It %s %s No =", option->type == CONF_TYPE_PEER ? "Ar" : "Cm", option->key);
    if (option->type == CONF_TYPE_BOOL) {
        fputs(" Cm yes | no", stdout);
    } else if (option->type == CONF_TYPE_ENUM) {
        for (size_t i = 0; i < CONF_CHOICES_MAX && option->choices[i] != NULL; i++) {
            printf(" %s %s", i == 0 ? "Cm" : "|", option->choices[i]);
        }
    } else {
        printf(" Ar %s", argument_name(option));
    }
    putchar('\n');
}

static void man_option(const struct conf_option *option)
{
    char values[CONF_WANTED_MAX];

    man_tag(option);
    man_text(option->description);
    if (option->type == CONF_TYPE_U16 || option->type == CONF_TYPE_U32 ||
        option->type == CONF_TYPE_BYTES || option->type == CONF_TYPE_NAME) {
        describe_values(option, values, sizeof(values));
        values[0] =
            (char)(values[0] >= 'a' && values[0] <= 'z' ? values[0] - 'a' + 'A' : values[0]);
        printf("%s.\n", values);
    }
    if (option->initial[0] != 0) {
        printf("The default is\n.Ql %s .\n", option->initial);
    } else {
        char text[512];

        snprintf(text, sizeof(text), "If not given: %s.", option->without);
        man_text(text);
    }
}

static void print_man(void)
{
    for (size_t i = 0; i < conf_section_count; i++) {
        printf(".Ss [%s] section\n", conf_sections[i].name);
        man_text(conf_sections[i].description);
        puts(".Bl -tag -width Ds");
        for (size_t j = 0; j < conf_option_count; j++) {
            if (strcmp(conf_options[j].section, conf_sections[i].name) == 0) {
                man_option(&conf_options[j]);
            }
        }
        puts(".El");
    }
}

/* ---- the sample ---- */

/* Example values for the options that have no default. */
static const struct {
    const char *name;
    const char *value;
} examples[] = {
    {"node.join", "node-2.example:7381"},        {"advertise.peer", "node-1.example:7381"},
    {"advertise.client", "node-1.example:7380"}, {"tls.ca", "/etc/raftd/ca.pem"},
    {"tls.certificate", "/etc/raftd/node.pem"},  {"tls.key", "/etc/raftd/node.key"},
};

static const char *example_of(const struct conf_option *option)
{
    char name[80];

    snprintf(name, sizeof(name), "%s.%s", option->section, option->key);
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        if (strcmp(examples[i].name, name) == 0) {
            return examples[i].value;
        }
    }
    return "";
}

static void sample_option(const struct conf_option *option)
{
    char text[2 * CONF_WANTED_MAX];
    char values[CONF_WANTED_MAX];

    describe_values(option, values, sizeof(values));
    putchar('\n');
    wrap("# ", option->description);
    if (option->type == CONF_TYPE_PEER) {
        puts(";1 = node-1.example:7381\n;2 = node-2.example:7381\n;3 = node-3.example:7381");
        return;
    }
    if (option->initial[0] == 0) {
        snprintf(text, sizeof(text), "Value: %s. If not given: %s.", values, option->without);
    } else {
        snprintf(text, sizeof(text), "Value: %s.", values);
    }
    wrap("# ", text);
    printf(";%s = %s\n", option->key,
           option->initial[0] != 0 ? option->initial : example_of(option));
}

static void print_sample(void)
{
    puts("# Configuration of raftd: every option, with its default value. raftd.conf(5) says\n"
         "# more. `raftd --check-config --config FILE` lists every mistake in a file.\n"
         "#\n"
         "# To set an option, remove the semicolon before its line and change the value. An\n"
         "# option without a default has an example as its value; its comment says what holds\n"
         "# while it is not set.");
    for (size_t i = 0; i < conf_section_count; i++) {
        putchar('\n');
        wrap("# ", conf_sections[i].description);
        printf("[%s]\n", conf_sections[i].name);
        for (size_t j = 0; j < conf_option_count; j++) {
            if (strcmp(conf_options[j].section, conf_sections[i].name) == 0) {
                sample_option(&conf_options[j]);
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "man") == 0) {
        print_man();
    } else if (argc == 2 && strcmp(argv[1], "sample") == 0) {
        print_sample();
    } else {
        fputs("usage: options man|sample\n", stderr);
        return 2;
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
