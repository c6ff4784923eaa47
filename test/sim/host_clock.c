/*
 * The clocks of a host, and when its next turn is: at once after something arrived, or when its
 * clock shows a certain time. See host.h.
 */
#include "sim/host.h"

enum {
    TURN_MIN_US = 5, /* from an event to the turn of the core thread */
    TURN_MAX_US = 200,
};

uint64_t host_now_ms(const struct host *host)
{
    return host->clock_offset_ms + host->world->now_us / 1000 * host->clock_rate / 1000000;
}

uint64_t host_wall_ms(const struct host *host)
{
    return (uint64_t)(host->wall_offset_ms + (int64_t)host_now_ms(host));
}

/* The first virtual time at which the clock of this host shows that time. */
static uint64_t moment_of(const struct host *host, uint64_t local_ms)
{
    uint64_t passed_ms = local_ms > host->clock_offset_ms ? local_ms - host->clock_offset_ms : 0;
    uint64_t at_ms = (passed_ms * 1000000 + host->clock_rate - 1) / host->clock_rate;

    while (at_ms * host->clock_rate / 1000000 < passed_ms) {
        at_ms++;
    }
    return at_ms * 1000;
}

/* At most one turn is planned; it takes everything that has arrived by then. */
void host_plan_turn(struct host *host)
{
    uint64_t at_us =
        host->world->now_us + sim_random_between(&host->world->random, TURN_MIN_US, TURN_MAX_US);

    if (host->turn_planned) {
        return;
    }
    host->turn_planned = true;
    if (at_us < host->paused_until_us) {
        at_us = host->paused_until_us;
    }
    world_plan(host->world, at_us, SIM_EVENT_TURN, host->id, 0, host->life);
}

void host_on_timer(struct host *host, uint64_t life)
{
    if (host->alive && host->life == life && host->timer_us == host->world->now_us) {
        host->timer_us = 0;
        host_plan_turn(host);
    }
}

/* An earlier timer that is planned already is enough. */
void host_plan_timer(struct host *host, uint64_t local_ms)
{
    uint64_t at_us = moment_of(host, local_ms);

    if (at_us <= host->world->now_us) {
        host_plan_turn(host);
        return;
    }
    if (host->timer_us != 0 && host->timer_us <= at_us && host->timer_us > host->world->now_us) {
        return;
    }
    host->timer_us = at_us;
    world_plan(host->world, at_us, SIM_EVENT_TIMER, host->id, 0, host->life);
}
