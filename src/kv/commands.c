/*
 * The commands by number, each with the arguments that it takes.
 */
#include "kv/state.h"

enum {
    SET_FLAGS = KV_SET_NX | KV_SET_XX | KV_SET_GET | KV_SET_INTEGER | KV_SET_KEEPTTL |
                KV_SET_EXPIRY | KV_SET_IFEQ,
    EXPIRE_FLAGS =
        KV_EXPIRE_NX | KV_EXPIRE_XX | KV_EXPIRE_GT | KV_EXPIRE_LT | KV_EXPIRE_IFEQ | KV_EXPIRE_ADD,
};

static const struct {
    kv_command_function *function;
    struct kv_shape shape;
} commands[] = {
    [KV_SET] = {kv_command_set, {2, 5, SET_FLAGS}},
    [KV_MSET] = {kv_command_mset, {2, UINT32_MAX, KV_MSET_NX}},
    [KV_DEL] = {kv_command_del, {1, UINT32_MAX, 0}},
    [KV_INCRBY] = {kv_command_incrby, {2, 2, 0}},
    [KV_APPEND] = {kv_command_append, {2, 2, 0}},
    [KV_SETRANGE] = {kv_command_setrange, {3, 3, 0}},
    [KV_GETDEL] = {kv_command_getdel, {1, 1, 0}},
    [KV_FLUSH] = {kv_command_flush, {0, 0, 0}},
    [KV_EXPIRE] = {kv_command_expire, {3, 4, EXPIRE_FLAGS}},
    [KV_PERSIST] = {kv_command_persist, {1, 1, 0}},
    [KV_GETEX] = {kv_command_getex, {1, 3, KV_GETEX_PERSIST}},
    [KV_INCRBYFLOAT] = {kv_command_incrbyfloat, {2, 2, 0}},
    [KV_SETBIT] = {kv_command_setbit, {3, 3, 0}},
    [KV_RENAME] = {kv_command_rename, {2, 2, KV_RENAME_NX}},
    [KV_COPY] = {kv_command_copy, {2, 2, KV_COPY_REPLACE}},
    [KV_DELIF] = {kv_command_delif, {2, 2, KV_DELIF_NOT}},
    [KV_EXEC] = {kv_command_exec, {1, UINT32_MAX, 0}},
    [KV_PUBLISH] = {kv_command_publish, {2, 2, UINT8_MAX}},
    [KV_CONFIG_SET] = {kv_command_config_set, {2, 2, 0}},
    [KV_LOCK] = {kv_command_lock, {4, 4, 0}},
    [KV_UNLOCK] = {kv_command_unlock,
                   {1, 9, KV_UNLOCK_PUBLISH | KV_UNLOCK_LATCH | KV_UNLOCK_FORCE}},
    [KV_LOCK_RENEW] = {kv_command_lock_renew, {4, UINT32_MAX, KV_LOCK_RENEW_MANY}},
};

void kv_command(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    uint8_t operation = request->operation;

    if (operation >= sizeof(commands) / sizeof(commands[0]) ||
        commands[operation].function == NULL) {
        kv_reply_error(reply, "ERR no such command in this version of raftd");
        return;
    }
    if (kv_shape_check(&commands[operation].shape, request, reply)) {
        commands[operation].function(kv, request, reply);
    }
}
