/*
 * node-redis, unmodified, for test_clients.py: counts up, in a transaction now and then, while a
 * subscriber listens and the leader is killed; prints one line of JSON at the end.
 *
 *     node client_node_redis.js PORT COUNT       says "half" on standard output half-way
 */
'use strict';
const redis = require('redis');

const port = Number(process.argv[2]);
const count = Number(process.argv[3]);

async function repeat(what) {
    for (;;) {
        try {
            return await what();
        } catch (error) {
            if (!/TRYAGAIN|CLUSTERDOWN|LOADING|TIMEOUT/.test(error.message)) {
                throw error;
            }
        }
    }
}

async function main() {
    const client = redis.createClient({ url: `redis://127.0.0.1:${port}` });
    const subscriber = client.duplicate();
    const heard = [];
    let acknowledged = 0;

    client.on('error', () => {});
    subscriber.on('error', () => {});
    await client.connect();
    await subscriber.connect();
    await subscriber.subscribe('node', (message) => heard.push(message));
    for (let i = 0; i < count; i++) {
        await repeat(() => client.incr('node:plain'));
        acknowledged++;
        if (i % 10 === 0) {
            await repeat(() => client.publish('node', String(i)));
            await repeat(() => client.multi().incr('node:multi').set('node:last', String(i)).exec());
        }
        if (i === Math.floor(count / 2)) {
            console.log('half');
            await new Promise((resolve) => process.stdin.once('data', resolve));
        }
    }
    await client.set('node:short', 'x', { PX: 100000, NX: true });
    const ttl = await client.pTTL('node:short');
    const plain = Number(await client.get('node:plain'));
    const many = await client.mGet(['node:last', 'none']);
    console.log(JSON.stringify({ acknowledged, plain, ttl, many, heard }));
    await subscriber.quit();
    await client.quit();
    process.exit(0);
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
