/*
 * The counters of faults and roles; see faults_roles.h.
 */
#include "sim/faults_roles.h"

#include "sim/host.h"
#include "sim/net.h"

static enum seen_role role_of(const struct host *host)
{
    switch (raft_get_role(host->core)) {
    case RAFT_LEADER:
        return SEEN_ROLE_LEADER;
    case RAFT_PRE_CANDIDATE:
    case RAFT_CANDIDATE:
        return SEEN_ROLE_CANDIDATE;
    case RAFT_LEARNER:
        return SEEN_ROLE_LEARNER;
    case RAFT_FOLLOWER:
    default:
        return SEEN_ROLE_FOLLOWER;
    }
}

void faults_hit(struct world *world, enum fault_class fault, uint16_t id)
{
    const struct host *host = world->hosts[id];

    if (host_is_alive(host) && host->core != NULL) {
        world->seen.roles[fault][role_of(host)]++;
    }
}

void faults_hit_cut(struct world *world, enum fault_class fault, const struct net_cut *cut)
{
    for (uint16_t id = 1; id <= world->last_id; id++) {
        if (cut->blocked[id] != 0) {
            faults_hit(world, fault, id);
        }
    }
}

/* Classes that hit no host, but change how others strike, or the whole world. */
static bool hits_nobody(enum fault_class fault)
{
    return fault == FAULT_DRIFT || fault == FAULT_BUGGIFY;
}

/* A minority stays in trouble only in worlds whose members do not change; learners are only in the
 * others. No founder is a learner. A learner has the highest id as a rule, so it dials nobody. */
static bool cannot_be(enum fault_class fault, enum seen_role role)
{
    return (fault == FAULT_MINORITY || fault == FAULT_FORMER || fault == FAULT_TWIN) &&
           role == SEEN_ROLE_LEARNER;
}

size_t faults_print_roles(FILE *out, const struct seen_counts *sum)
{
    static const char *const roles[SEEN_ROLES] = {"leader", "follower", "candidate", "learner"};
    size_t missing = 0;

    fputs("hit by role:  ", out);
    for (int role = 0; role < SEEN_ROLES; role++) {
        fprintf(out, "%12s", roles[role]);
    }
    for (int fault = 0; fault < FAULT_CLASSES; fault++) {
        if (hits_nobody((enum fault_class)fault)) {
            continue;
        }
        fprintf(out, "\n  %-12s", fault_class_name((enum fault_class)fault));
        for (int role = 0; role < SEEN_ROLES; role++) {
            if (cannot_be((enum fault_class)fault, (enum seen_role)role)) {
                fprintf(out, "%12s", "-");
                continue;
            }
            fprintf(out, "%12llu", (unsigned long long)sum->roles[fault][role]);
            missing += sum->roles[fault][role] == 0;
        }
    }
    fputc('\n', out);
    return missing;
}
