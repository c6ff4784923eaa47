/*
 * Commands found by what was written, or by what was probably meant, and the texts that are made of
 * their table.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raftctl/command.h"
#include "raftctl/completion.h"
#include "raftctl/help.h"

static const struct ctl_command rows[] = {
    {.name = "status",
     .group = "Nodes",
     .syntax = "[--all]",
     .summary = "Show the state",
     .text = "More about it.\n",
     .examples = "raftctl status\nraftctl status --all\n",
     .options = OPTIONS_CLIENT | OPTION_BIT(OPTION_ALL)},
    {.name = "member add",
     .group = "Members",
     .syntax = "ID ADDRESS",
     .summary = "Add a member",
     .text = "",
     .examples = "",
     .options = OPTIONS_CLIENT},
    {.name = "member remove",
     .group = "Members",
     .syntax = "ID",
     .summary = "Remove a member",
     .text = "",
     .examples = "",
     .options = OPTIONS_CLIENT},
    {.name = "handover",
     .older = "transfer",
     .group = "Members",
     .syntax = "",
     .summary = "Hand leadership over",
     .text = "",
     .examples = "",
     .options = OPTIONS_CLIENT},
    {.name = "backup",
     .group = "Files",
     .syntax = "FILE",
     .summary = "Make a backup",
     .text = "",
     .examples = "",
     .argument_kind = VALUE_FILE,
     .options = OPTIONS_CLIENT},
    {.name = "backup verify",
     .group = "Files",
     .syntax = "FILE",
     .summary = "Check a backup",
     .text = "",
     .examples = "",
     .argument_kind = VALUE_FILE},
};

static const struct ctl_commands commands = {.rows = rows, .count = sizeof(rows) / sizeof(rows[0])};

/* The name of the command that these words name, "" = none, and how many words that were. */
static const char *find(const char *first, const char *second, size_t *used)
{
    char *words[] = {first != NULL ? strdup(first) : NULL, second != NULL ? strdup(second) : NULL,
                     NULL};
    const struct ctl_command *found = ctl_command_find(&commands, words, used);

    free(words[0]);
    free(words[1]);
    return found != NULL ? found->name : "";
}

static const char *suggest(const char *first, const char *second)
{
    char *words[] = {strdup(first), second != NULL ? strdup(second) : NULL, NULL};
    const struct ctl_command *found = ctl_command_suggest(&commands, words);

    free(words[0]);
    free(words[1]);
    return found != NULL ? found->name : "";
}

START_TEST(a_command_is_found_by_its_words)
{
    size_t used;

    ck_assert_str_eq(find("status", NULL, &used), "status");
    ck_assert_uint_eq(used, 1);
    ck_assert_str_eq(find("status", "extra", &used), "status");
    ck_assert_uint_eq(used, 1);
    ck_assert_str_eq(find("member", "add", &used), "member add");
    ck_assert_uint_eq(used, 2);
    ck_assert_str_eq(find("backup", "file", &used), "backup");
    ck_assert_uint_eq(used, 1);
    ck_assert_str_eq(find("backup", "verify", &used), "backup verify");
    ck_assert_uint_eq(used, 2);
    ck_assert_str_eq(find("transfer", "3", &used), "handover");
    ck_assert_uint_eq(used, 1);
}
END_TEST

START_TEST(other_words_are_no_command)
{
    size_t used;

    ck_assert_str_eq(find(NULL, NULL, &used), "");
    ck_assert_uint_eq(used, 0);
    ck_assert_str_eq(find("", NULL, &used), "");
    ck_assert_str_eq(find("stat", NULL, &used), "");
    ck_assert_str_eq(find("member", NULL, &used), "");
    ck_assert_str_eq(find("member", "ad", &used), "");
    ck_assert_str_eq(find("member add", NULL, &used), "");
    ck_assert(ctl_command_is_group(&commands, "member"));
    ck_assert(ctl_command_is_group(&commands, "backup"));
    ck_assert(!ctl_command_is_group(&commands, "status"));
    ck_assert(!ctl_command_is_group(&commands, "mem"));
}
END_TEST

START_TEST(what_was_meant_is_what_is_near)
{
    ck_assert_str_eq(suggest("stauts", NULL), "status");
    ck_assert_str_eq(suggest("sttus", NULL), "status");
    ck_assert_str_eq(suggest("statuss", NULL), "status");
    ck_assert_str_eq(suggest("stadus", NULL), "status");
    ck_assert_str_eq(suggest("stat", NULL), "status");
    ck_assert_str_eq(suggest("hand", NULL), "handover");
    ck_assert_str_eq(suggest("member", "ad"), "member add");
    ck_assert_str_eq(suggest("member", "rmeove"), "member remove");
    ck_assert_str_eq(suggest("add", "4"), "member add");
    ck_assert_str_eq(suggest("memebr", "add"), "member add");
    ck_assert_str_eq(suggest("s", NULL), "");
    ck_assert_str_eq(suggest("", NULL), "");
    ck_assert_str_eq(suggest("frobnicate", NULL), "");
    ck_assert_str_eq(suggest("member", "frobnicate"), "");
    ck_assert_str_eq(suggest("a-word-that-is-longer-than-any-name-of-a-command", NULL), "");
}
END_TEST

static char *text;
static size_t text_bytes;
static FILE *file;

static void open_text(void)
{
    file = open_memstream(&text, &text_bytes);
    ck_assert_ptr_nonnull(file);
}

static void close_text(void)
{
    free(text);
}

static void assert_says(const char *wanted)
{
    fflush(file);
    ck_assert_msg(strstr(text, wanted) != NULL, "no \"%s\" in:\n%s", wanted, text);
}

START_TEST(the_help_of_a_command)
{
    help_print_command(file, &rows[0]);
    assert_says("usage: raftctl status [--all]\n\nShow the state.\n\nMore about it.\n\nOptions:\n"
                "    --all ");
    assert_says("\nOptions of all commands that talk to nodes:\n    --endpoints HOST:PORT,...");
    assert_says("\nExamples:\n    raftctl status\n    raftctl status --all\n");
    assert_says("[RAFTCTL_TIMEOUT_MS]");
    help_print_command(file, &rows[3]);
    assert_says(
        "usage: raftctl handover\n    (transfer is an older name)\n\nHand leadership over.");
    fclose(file);
}
END_TEST

START_TEST(the_list_of_all_commands)
{
    help_print_all(file, &commands);
    assert_says("\nMembers:\n    member add         Add a member\n    member remove      Remove a");
    assert_says("-w, --write table|json ");
    fclose(file);
}
END_TEST

START_TEST(a_group_is_explained_together)
{
    char *member[] = {strdup("member"), NULL};
    char *backup[] = {strdup("backup"), NULL};

    ck_assert(help_print_words(file, &commands, member));
    assert_says("usage: raftctl member add ID ADDRESS\n    Add a member\nusage: raftctl member re");
    ck_assert(help_print_words(file, &commands, backup));
    assert_says("usage: raftctl backup FILE\n\nMake a backup.\n");
    assert_says("\nusage: raftctl backup verify FILE\n    Check a backup\n");
    fclose(file);
    free(member[0]);
    free(backup[0]);
}
END_TEST

START_TEST(completion_knows_what_follows)
{
    completion_print_bash(file, &commands);
    assert_says("    /)\n        follow='status member handover backup'\n");
    assert_says("    member/)\n        follow='add remove'\n");
    assert_says("    status/*)\n        options='--endpoints --write -w --timeout-ms");
    assert_says("    backup/verify)\n        options='--help -h'\n        files=1\n");
    assert_says("--tls-ca | --tls-cert | --tls-key)");
    completion_print_zsh(file, &commands);
    assert_says("#compdef raftctl\n");
    fclose(file);
}
END_TEST

UNIT_SUITE(command)
{
    Suite *suite = suite_create("command");
    TCase *finding = tcase_create("finding");
    TCase *texts = tcase_create("texts");

    tcase_add_test(finding, a_command_is_found_by_its_words);
    tcase_add_test(finding, other_words_are_no_command);
    tcase_add_test(finding, what_was_meant_is_what_is_near);
    suite_add_tcase(suite, finding);
    tcase_add_checked_fixture(texts, open_text, close_text);
    tcase_add_test(texts, the_help_of_a_command);
    tcase_add_test(texts, the_list_of_all_commands);
    tcase_add_test(texts, a_group_is_explained_together);
    tcase_add_test(texts, completion_knows_what_follows);
    suite_add_tcase(suite, texts);
    return suite;
}
