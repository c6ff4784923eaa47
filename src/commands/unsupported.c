/*
 * Commands of Redis that work on what raftd does not have. Who sends one has a program that
 * needs more than strings, and is told so instead of "unknown command". Immutable; any thread.
 */
#include "commands/unsupported.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MAX = 24 };

struct unsupported {
    const char *name; /* lower case */
    const char *what; /* raftd does not have */
};

/* Ascending by name. */
static const struct unsupported known[] = {
    {"bitfield", "bit fields"},
    {"bitfield_ro", "bit fields"},
    {"bitop", "bit fields"},
    {"bitpos", "bit fields"},
    {"blmove", "lists"},
    {"blmpop", "lists"},
    {"blpop", "lists"},
    {"brpop", "lists"},
    {"brpoplpush", "lists"},
    {"bzmpop", "sorted sets"},
    {"bzpopmax", "sorted sets"},
    {"bzpopmin", "sorted sets"},
    {"dump", "dumps of values"},
    {"fcall", "functions"},
    {"fcall_ro", "functions"},
    {"function", "functions"},
    {"geoadd", "geographical indexes"},
    {"geodist", "geographical indexes"},
    {"geohash", "geographical indexes"},
    {"geopos", "geographical indexes"},
    {"georadius", "geographical indexes"},
    {"georadius_ro", "geographical indexes"},
    {"georadiusbymember", "geographical indexes"},
    {"georadiusbymember_ro", "geographical indexes"},
    {"geosearch", "geographical indexes"},
    {"geosearchstore", "geographical indexes"},
    {"hdel", "hashes"},
    {"hgetall", "hashes"},
    {"hincrby", "hashes"},
    {"hincrbyfloat", "hashes"},
    {"hkeys", "hashes"},
    {"hlen", "hashes"},
    {"hmget", "hashes"},
    {"hmset", "hashes"},
    {"hrandfield", "hashes"},
    {"hscan", "hashes"},
    {"hset", "hashes"},
    {"hsetnx", "hashes"},
    {"hstrlen", "hashes"},
    {"hvals", "hashes"},
    {"lindex", "lists"},
    {"linsert", "lists"},
    {"llen", "lists"},
    {"lmove", "lists"},
    {"lmpop", "lists"},
    {"lpop", "lists"},
    {"lpos", "lists"},
    {"lpush", "lists"},
    {"lpushx", "lists"},
    {"lrange", "lists"},
    {"lrem", "lists"},
    {"lset", "lists"},
    {"ltrim", "lists"},
    {"migrate", "dumps of values"},
    {"move", "several databases"},
    {"pfadd", "HyperLogLogs"},
    {"pfcount", "HyperLogLogs"},
    {"pfdebug", "HyperLogLogs"},
    {"pfmerge", "HyperLogLogs"},
    {"pfselftest", "HyperLogLogs"},
    {"restore", "dumps of values"},
    {"rpop", "lists"},
    {"rpoplpush", "lists"},
    {"rpush", "lists"},
    {"rpushx", "lists"},
    {"sadd", "sets"},
    {"scard", "sets"},
    {"sdiff", "sets"},
    {"sdiffstore", "sets"},
    {"sinter", "sets"},
    {"sintercard", "sets"},
    {"sinterstore", "sets"},
    {"sismember", "sets"},
    {"smembers", "sets"},
    {"smismember", "sets"},
    {"smove", "sets"},
    {"sort", "sorting"},
    {"sort_ro", "sorting"},
    {"spop", "sets"},
    {"spublish", "sharded channels"},
    {"srandmember", "sets"},
    {"srem", "sets"},
    {"sscan", "sets"},
    {"ssubscribe", "sharded channels"},
    {"sunion", "sets"},
    {"sunionstore", "sets"},
    {"sunsubscribe", "sharded channels"},
    {"swapdb", "several databases"},
    {"xack", "streams"},
    {"xadd", "streams"},
    {"xautoclaim", "streams"},
    {"xclaim", "streams"},
    {"xdel", "streams"},
    {"xgroup", "streams"},
    {"xinfo", "streams"},
    {"xlen", "streams"},
    {"xpending", "streams"},
    {"xrange", "streams"},
    {"xread", "streams"},
    {"xreadgroup", "streams"},
    {"xrevrange", "streams"},
    {"xsetid", "streams"},
    {"xtrim", "streams"},
    {"zadd", "sorted sets"},
    {"zcard", "sorted sets"},
    {"zcount", "sorted sets"},
    {"zdiff", "sorted sets"},
    {"zdiffstore", "sorted sets"},
    {"zincrby", "sorted sets"},
    {"zinter", "sorted sets"},
    {"zintercard", "sorted sets"},
    {"zinterstore", "sorted sets"},
    {"zlexcount", "sorted sets"},
    {"zmpop", "sorted sets"},
    {"zmscore", "sorted sets"},
    {"zpopmax", "sorted sets"},
    {"zpopmin", "sorted sets"},
    {"zrandmember", "sorted sets"},
    {"zrange", "sorted sets"},
    {"zrangebylex", "sorted sets"},
    {"zrangebyscore", "sorted sets"},
    {"zrangestore", "sorted sets"},
    {"zrank", "sorted sets"},
    {"zrem", "sorted sets"},
    {"zremrangebylex", "sorted sets"},
    {"zremrangebyrank", "sorted sets"},
    {"zremrangebyscore", "sorted sets"},
    {"zrevrange", "sorted sets"},
    {"zrevrangebylex", "sorted sets"},
    {"zrevrangebyscore", "sorted sets"},
    {"zrevrank", "sorted sets"},
    {"zscan", "sorted sets"},
    {"zscore", "sorted sets"},
    {"zunion", "sorted sets"},
    {"zunionstore", "sorted sets"},
};

static int compare(const void *name, const void *entry)
{
    return strcmp(name, ((const struct unsupported *)entry)->name);
}

const char *unsupported_find(const void *name, size_t size)
{
    const struct unsupported *found;
    const char *bytes = name;
    char lower[NAME_BYTES_MAX + 1];

    if (size > NAME_BYTES_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < size; i++) {
        lower[i] = (char)(bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] | 0x20 : bytes[i]);
    }
    lower[size] = '\0';
    found = bsearch(lower, known, sizeof(known) / sizeof(known[0]), sizeof(known[0]), compare);
    return found != NULL ? found->what : NULL;
}
