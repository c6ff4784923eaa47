/*
 * Which function carries out a command. KV_EXEC is not among them: transaction.c, which runs
 * commands, carries it out.
 */
#include "kv/state.h"

static kv_command_function *const commands[] = {
    [KV_SET] = kv_command_set,
    [KV_MSET] = kv_command_mset,
    [KV_DEL] = kv_command_del,
    [KV_INCRBY] = kv_command_incrby,
    [KV_APPEND] = kv_command_append,
    [KV_SETRANGE] = kv_command_setrange,
    [KV_GETDEL] = kv_command_getdel,
    [KV_FLUSH] = kv_command_flush,
    [KV_EXPIRE] = kv_command_expire,
    [KV_PERSIST] = kv_command_persist,
    [KV_GETEX] = kv_command_getex,
    [KV_INCRBYFLOAT] = kv_command_incrbyfloat,
    [KV_SETBIT] = kv_command_setbit,
    [KV_RENAME] = kv_command_rename,
    [KV_COPY] = kv_command_copy,
    [KV_DELIF] = kv_command_delif,
    [KV_PUBLISH] = kv_command_publish,
    [KV_CONFIG_SET] = kv_command_config_set,
    [KV_LOCK] = kv_command_lock,
    [KV_UNLOCK] = kv_command_unlock,
    [KV_LOCK_RENEW] = kv_command_lock_renew,
};

void kv_command(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    uint8_t operation = request->operation;

    if (operation >= sizeof(commands) / sizeof(commands[0]) || commands[operation] == NULL) {
        kv_reply_error(reply, "ERR this version of raftd does not know the command; "
                              "run one version of raftd on all nodes");
    } else if (kv_request_fits(request, reply)) {
        commands[operation](kv, request, reply);
    }
}
