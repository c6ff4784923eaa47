/*
 * Titles and cells of the columns that show RAFT STATUS. Main thread.
 */
#include "raftctl/columns.h"

#include <string.h>

#include "base/assert.h"

/* ">LAST" of "last_index", "CLIENT ADDRESS" of "client_address". */
static void make_title(const char *name, char title[TABLE_TITLE_BYTES])
{
    static const char suffix[] = "_index";
    enum ctl_field_kind kind = ctl_field_kind(name);
    size_t size = strlen(name);
    size_t length = 0;

    if (size > strlen(suffix) && strcmp(name + size - strlen(suffix), suffix) == 0) {
        size -= strlen(suffix);
    }
    ASSERT(size + 2 <= TABLE_TITLE_BYTES);
    if (kind == CTL_FIELD_NUMBER || kind == CTL_FIELD_ID) {
        title[length++] = '>';
    }
    for (size_t i = 0; i < size; i++) {
        char c = name[i];

        title[length++] = c == '_' ? ' ' : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    title[length] = '\0';
}

struct table *ctl_columns_table(const struct ctl_column *columns, size_t count)
{
    char text[TABLE_COLUMNS_MAX][TABLE_TITLE_BYTES];
    const char *titles[TABLE_COLUMNS_MAX];

    ASSERT(count <= TABLE_COLUMNS_MAX);
    for (size_t i = 0; i < count; i++) {
        ASSERT(columns[i].cell != NULL || ctl_field_kind(columns[i].name) != CTL_FIELD_UNKNOWN);
        make_title(columns[i].name, text[i]);
        titles[i] = text[i];
    }
    return table_create(titles, count);
}

/* A dash means that nothing is known, or that the field is the id 0. */
static void show_field(struct table *table, const struct resp_reply *figures, const char *name)
{
    enum ctl_field_kind kind = ctl_field_kind(name);
    uint64_t number = ctl_field_number(figures, name);

    if (ctl_field(figures, name) == NULL || (kind == CTL_FIELD_ID && number == 0)) {
        table_text(table, "-");
    } else if (kind == CTL_FIELD_TEXT) {
        table_text(table, ctl_field_text(figures, name));
    } else if (kind == CTL_FIELD_FLAG) {
        table_text(table, ctl_field_flag(figures, name) ? "yes" : "no");
    } else {
        table_number(table, number);
    }
}

void ctl_columns_row(struct table *table, const struct ctl_column *columns, size_t count,
                     const struct ctl_row *row)
{
    for (size_t i = 0; i < count; i++) {
        if (columns[i].cell != NULL) {
            columns[i].cell(table, row);
        } else {
            show_field(table, row->figures, columns[i].name);
        }
    }
}

void ctl_show_kind(struct table *table, const struct ctl_row *row)
{
    const struct resp_reply *member = row->figures;

    table_text(table, ctl_field_flag(member, "outgoing")  ? "leaving"
                      : ctl_field_flag(member, "voter")   ? "voter"
                      : ctl_field_flag(member, "joining") ? "joining"
                      : ctl_field_flag(member, "learner") ? "learner"
                                                          : "-");
}

void ctl_show_link(struct table *table, const struct ctl_row *row)
{
    table_text(table, ctl_field_flag(row->figures, "self")        ? "itself"
                      : ctl_field_flag(row->figures, "connected") ? "up"
                                                                  : "down");
}

void ctl_columns_members(FILE *file, const struct resp_reply *status,
                         const struct ctl_column *columns, size_t count)
{
    struct table *table = ctl_columns_table(columns, count);

    for (size_t i = 0; i < ctl_member_count(status); i++) {
        struct ctl_row row = {NULL, status, ctl_member(status, i)};

        ctl_columns_row(table, columns, count, &row);
    }
    table_print(table, file);
    table_destroy(table);
}
