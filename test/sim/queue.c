/*
 * The queue of events as a binary heap; see queue.h.
 */
#include "sim/queue.h"

#include "base/memory.h"

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->number < b->number;
}

void sim_queue_free(struct sim_queue *queue)
{
    memory_free(queue->heap);
    *queue = (struct sim_queue){0};
}

void sim_queue_push(struct sim_queue *queue, struct sim_event event)
{
    size_t place = queue->count++;

    queue->heap = memory_grow(queue->heap, &queue->capacity, queue->count, sizeof(queue->heap[0]));
    event.number = ++queue->number;
    while (place > 0 && is_before(&event, &queue->heap[(place - 1) / 2])) {
        queue->heap[place] = queue->heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    queue->heap[place] = event;
}

bool sim_queue_pop(struct sim_queue *queue, struct sim_event *event)
{
    struct sim_event last;
    size_t place = 0;

    if (queue->count == 0) {
        return false;
    }
    *event = queue->heap[0];
    last = queue->heap[--queue->count];
    for (;;) {
        size_t child = 2 * place + 1;

        if (child + 1 < queue->count && is_before(&queue->heap[child + 1], &queue->heap[child])) {
            child++;
        }
        if (child >= queue->count || is_before(&last, &queue->heap[child])) {
            break;
        }
        queue->heap[place] = queue->heap[child];
        place = child;
    }
    if (queue->count > 0) {
        queue->heap[place] = last;
    }
    return true;
}
