/*
 * Commands with a time to live: SET with its options, GETEX, and the EXPIRE family. The words for
 * units go to the state machine, which converts and checks the amounts.
 */
#include "commands/command.h"

static bool syntax_error(struct call *call)
{
    resp_write_error_format(call->reply, "ERR syntax error");
    return false;
}

static const char *const units[] = {"ex", "px", "exat", "pxat"};

/* The unit that an argument is, or NULL. */
static const char *unit_of(const struct resp_argument *argument)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (argument_is(argument, units[i])) {
            return units[i];
        }
    }
    return NULL;
}

static bool is_unit(const struct resp_argument *argument)
{
    return unit_of(argument) != NULL;
}

/* What the options of SET come to. */
struct set_options {
    uint8_t flags;
    const struct resp_argument *unit; /* the amount is behind it */
    const struct resp_argument *compared;
};

enum { SET_CONDITIONS = KV_SET_NX | KV_SET_XX | KV_SET_IFEQ };

/* Returns how many arguments the option takes; 0: it is none, or does not go with those before. */
static size_t take_set_option(const struct resp_argument *option, size_t left,
                              struct set_options *options)
{
    bool conditional = (options->flags & SET_CONDITIONS) != 0;
    /* The same unit once more takes the place of the one before, as in Redis. */
    bool lasting = (options->flags & KV_SET_KEEPTTL) != 0 ||
                   (options->unit != NULL && unit_of(options->unit) != unit_of(option));

    if (argument_is(option, "nx") && (options->flags & (SET_CONDITIONS & ~KV_SET_NX)) == 0) {
        options->flags |= KV_SET_NX;
    } else if (argument_is(option, "xx") && (options->flags & (SET_CONDITIONS & ~KV_SET_XX)) == 0) {
        options->flags |= KV_SET_XX;
    } else if (argument_is(option, "get")) {
        options->flags |= KV_SET_GET;
    } else if (argument_is(option, "keepttl") && (options->flags & KV_SET_EXPIRY) == 0) {
        options->flags |= KV_SET_KEEPTTL;
    } else if (is_unit(option) && !lasting && left > 0) {
        options->flags |= KV_SET_EXPIRY;
        options->unit = option;
        return 2;
    } else if (argument_is(option, "ifeq") && !conditional && left > 0) {
        options->flags |= KV_SET_IFEQ;
        options->compared = option + 1;
        return 2;
    } else {
        return 0;
    }
    return 1;
}

bool run_set(struct call *call)
{
    struct set_options options = {0};
    size_t taken;

    for (size_t i = 3; i < call->count; i += taken) {
        taken = take_set_option(&call->arguments[i], call->count - i - 1, &options);
        if (taken == 0) {
            return syntax_error(call);
        }
    }
    call_ask(call, KV_SET, 2);
    if (options.unit != NULL) {
        call_ask_also(call, options.unit);
        call_ask_also(call, options.unit + 1);
    }
    if (options.compared != NULL) {
        call_ask_also(call, options.compared);
    }
    call->flags = options.flags;
    return true;
}

/* SETEX key seconds value, and PSETEX: the command's name is the unit. */
bool run_setex(struct call *call)
{
    call_ask(call, KV_SET, 1);
    call_ask_also(call, &call->arguments[3]);
    call_ask_also(call, &call->arguments[0]);
    call_ask_also(call, &call->arguments[2]);
    call->flags = KV_SET_EXPIRY;
    return true;
}

/* GETEX key [PERSIST | unit amount]: an option may be said more than once, as in Redis. */
bool run_getex(struct call *call)
{
    const struct resp_argument *unit = NULL;
    uint8_t flags = 0;

    for (size_t i = 2; i < call->count; i++) {
        const struct resp_argument *option = &call->arguments[i];
        bool same_unit = unit == NULL || unit_of(unit) == unit_of(option);

        if (argument_is(option, "persist") && unit == NULL) {
            flags = KV_GETEX_PERSIST;
        } else if (is_unit(option) && flags == 0 && same_unit && i + 1 < call->count) {
            unit = option;
            i++;
        } else {
            return syntax_error(call);
        }
    }
    call_ask(call, KV_GETEX, 1);
    if (unit != NULL) {
        call_ask_also(call, unit);
        call_ask_also(call, unit + 1);
    }
    call->flags = flags;
    return true;
}

static uint8_t expire_flag(const struct resp_argument *option)
{
    return argument_is(option, "nx")   ? KV_EXPIRE_NX
           : argument_is(option, "xx") ? KV_EXPIRE_XX
           : argument_is(option, "gt") ? KV_EXPIRE_GT
           : argument_is(option, "lt") ? KV_EXPIRE_LT
                                       : 0;
}

/* EXPIRE key amount [NX | XX | GT | LT], and its three relatives: the name is the unit. */
bool run_expire(struct call *call)
{
    uint8_t flags = 0;

    for (size_t i = 3; i < call->count; i++) {
        const struct resp_argument *option = &call->arguments[i];
        uint8_t flag = expire_flag(option);

        if (flag == 0) {
            resp_write_error_format(call->reply, "ERR Unsupported option %.*s",
                                    (int)(option->size_bytes < 128 ? option->size_bytes : 128),
                                    (const char *)option->data);
            return false;
        }
        flags |= flag;
    }
    if ((flags & KV_EXPIRE_NX) != 0 && flags != KV_EXPIRE_NX) {
        resp_write_error_format(call->reply, "ERR NX and XX, GT or LT options at the same time are "
                                             "not compatible");
        return false;
    }
    if ((flags & KV_EXPIRE_GT) != 0 && (flags & KV_EXPIRE_LT) != 0) {
        resp_write_error_format(call->reply,
                                "ERR GT and LT options at the same time are not compatible");
        return false;
    }
    call_ask(call, KV_EXPIRE, 1);
    call_ask_also(call, &call->arguments[0]);
    call_ask_also(call, &call->arguments[2]);
    call->flags = flags;
    return true;
}
