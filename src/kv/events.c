/*
 * What happens to keys, told to whoever listens on this node, and which of it is wanted: the
 * replicated option notify-keyspace-events. Where nobody asked for events this costs one look.
 */
#include <string.h>

#include "base/assert.h"
#include "kv/state.h"

/* The letters of notify-keyspace-events, each with the bit that stands for it. */
enum notify_flags {
    NOTIFY_KEYSPACE = 1 << 0,
    NOTIFY_KEYEVENT = 1 << 1,
    NOTIFY_GENERIC = 1 << 2,
    NOTIFY_STRING = 1 << 3,
    NOTIFY_EXPIRED = 1 << 8,
    NOTIFY_NEW = 1 << 12,
    NOTIFY_MISS = 1 << 13,
    NOTIFY_ALL = 0xffc, /* what A stands for: neither n nor m */
    NOTIFY_KNOWN = 0x3fff,
};
/* In the order in which Redis writes them. The bit of each is its place in "KEg$lshzxetdnm". */
static const char notify_bits[] = "KEg$lshzxetdnm";
static const char notify_order[] = "g$lshzxetdnKEm";

void kv_set_observer(struct kv *kv, kv_observer *observer, void *context)
{
    kv->observer = observer;
    kv->observer_context = context;
}

static unsigned class_bit(enum kv_event_class event_class)
{
    switch (event_class) {
    case KV_EVENT_GENERIC:
        return NOTIFY_GENERIC;
    case KV_EVENT_STRING:
        return NOTIFY_STRING;
    case KV_EVENT_EXPIRED:
        return NOTIFY_EXPIRED;
    case KV_EVENT_NEW:
        return NOTIFY_NEW;
    default:
        return 0;
    }
}

void kv_notify(struct kv *kv, enum kv_event_class event_class, const char *name, const void *key,
               size_t key_size)
{
    if (kv->observer != NULL && (kv->notify & class_bit(event_class)) != 0 &&
        (kv->notify & (NOTIFY_KEYSPACE | NOTIFY_KEYEVENT)) != 0) {
        struct kv_event event = {
            .event_class = event_class,
            .on_keyspace = (kv->notify & NOTIFY_KEYSPACE) != 0,
            .on_keyevent = (kv->notify & NOTIFY_KEYEVENT) != 0,
            .index = kv->index,
            .name = name,
            .key = {.data = key, .size_bytes = key_size},
        };

        kv->observer(kv->observer_context, &event);
    }
}

void kv_notify_key(struct kv *kv, enum kv_event_class event_class, const char *name,
                   const struct kv_key *key)
{
    kv_notify(kv, event_class, name, key->data, key->size_bytes);
}

void kv_notify_lost(struct kv *kv)
{
    if (kv->observer != NULL) {
        struct kv_event event = {.event_class = KV_EVENT_LOST, .index = kv->index, .name = ""};

        kv->observer(kv->observer_context, &event);
    }
}

int64_t kv_publish(struct kv *kv, struct kv_argument channel, struct kv_argument message,
                   uint8_t flags)
{
    struct kv_event event = {
        .event_class = KV_EVENT_PUBLISH,
        .index = kv->index,
        .name = "",
        .flags = flags,
        .key = channel,
        .message = message,
    };

    return kv->observer != NULL ? kv->observer(kv->observer_context, &event) : 0;
}

void kv_command_publish(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_argument channel = kv_request_next(request);
    struct kv_argument message = kv_request_next(request);

    kv_reply_integer(reply, kv_publish(kv, channel, message, request->flags));
}

bool kv_notify_known(unsigned flags)
{
    return (flags & ~(unsigned)NOTIFY_KNOWN) == 0;
}

static bool parse(struct kv_argument text, unsigned *flags)
{
    const char *letters = text.data;

    *flags = 0;
    for (size_t i = 0; i < text.size_bytes; i++) {
        const char *found = letters[i] != '\0' ? strchr(notify_bits, letters[i]) : NULL;

        if (letters[i] == 'A') {
            *flags |= NOTIFY_ALL;
        } else if (found != NULL) {
            *flags |= 1u << (found - notify_bits);
        } else {
            return false;
        }
    }
    return true;
}

static size_t format(unsigned flags, char text[sizeof(notify_order)])
{
    bool all = (flags & NOTIFY_ALL) == NOTIFY_ALL;
    size_t size = 0;

    if (all) {
        text[size++] = 'A';
    }
    for (const char *letter = notify_order; *letter != '\0'; letter++) {
        unsigned bit = 1u << (strchr(notify_bits, *letter) - notify_bits);
        bool told = all && ((bit & NOTIFY_ALL) != 0 || bit == NOTIFY_NEW);

        if ((flags & bit) != 0 && !told) {
            text[size++] = *letter;
        }
    }
    return size;
}

static const char option_name[] = "notify-keyspace-events";

void kv_command_config_set(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_argument name = kv_request_next(request);
    struct kv_argument value = kv_request_next(request);
    unsigned flags;

    if (!kv_argument_is(&name, option_name)) {
        kv_reply_error(reply, "ERR Unknown option or number of arguments for CONFIG SET");
    } else if (!parse(value, &flags)) {
        kv_reply_error(reply, "ERR CONFIG SET failed (possibly related to argument "
                              "'notify-keyspace-events') - Invalid event class character. Use "
                              "'Ag$lshzxeKEtmdn'.");
    } else {
        kv->notify = flags;
        kv_reply_ok(reply);
    }
}

void kv_query_config_get(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                         struct kv_reply *reply)
{
    struct kv_argument name = kv_request_next(request);
    char text[sizeof(notify_order)];

    (void)time_ms;
    if (kv_argument_is(&name, option_name)) {
        kv_reply_bulk(reply, text, format(kv->notify, text));
    } else {
        kv_reply_nil(reply);
    }
}
