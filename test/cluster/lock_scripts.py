"""Scripts of a reentrant lock, which a Redis keeps in a hash: KEYS[1] is the lock, ARGV[1] who takes
or frees it, ARGV[2] the milliseconds that it may live."""
# nil: taken, once more; else for how long another has it.
LOCK = """
    local held = redis.call('exists', KEYS[1])
    if held == 1 and redis.call('hexists', KEYS[1], ARGV[1]) == 0 then
        return redis.call('pttl', KEYS[1])
    end
    redis.call('hincrby', KEYS[1], ARGV[1], 1)
    redis.call('pexpire', KEYS[1], ARGV[2])
    return nil
"""
# KEYS[2] is the channel of those who wait, KEYS[3] keeps the answer for one who asks again.
# 1: free; 0: taken more often than that; nil: another has it.
FREE = """
    local answered = redis.call('get', KEYS[3])
    if answered then return tonumber(answered) end
    if redis.call('hexists', KEYS[1], ARGV[1]) == 0 then return false end
    local left = redis.call('hincrby', KEYS[1], ARGV[1], -1)
    if left == 0 then
        redis.call('del', KEYS[1])
        redis.call('publish', KEYS[2], 'free')
        redis.call('set', KEYS[3], 1, 'px', ARGV[2])
        return 1
    end
    redis.call('pexpire', KEYS[1], ARGV[2])
    redis.call('set', KEYS[3], 0, 'px', ARGV[2])
    return 0
"""
# Of all KEYS: ARGV[1] are the milliseconds, and then comes the holder of each.
RENEW = """
    local renewed = {}
    for i = 1, #KEYS do
        if redis.call('hexists', KEYS[i], ARGV[i + 1]) == 1 then
            redis.call('pexpire', KEYS[i], ARGV[1])
            table.insert(renewed, 1)
        else
            table.insert(renewed, 0)
        end
    end
    return renewed
"""
