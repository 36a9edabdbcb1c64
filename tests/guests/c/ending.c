// The last component of a pipeline of three: it adds up squares.

#include "ending.h"
#include <stdlib.h>

#define ROOM 64

typedef guests_pipeline_squares_stream_u32_t stream_t;

// The state of a call. A call never blocks its thread: it returns to the host the set that it waits on.
typedef struct {
    ending_waitable_set_t set;
    stream_t squares;
    uint32_t left;
    uint64_t total;
    uint32_t read[ROOM];
    void (*give_result)(uint64_t);
} call_t;

static uint32_t room(const call_t *call) { return call->left < ROOM ? call->left : ROOM; }

static ending_callback_code_t finish(call_t *call) {
    ending_waitable_join(call->squares, 0);
    guests_pipeline_squares_stream_u32_drop_readable(call->squares);
    ending_waitable_set_drop(call->set);
    call->give_result(call->total);
    free(call);
    return ENDING_CALLBACK_CODE_EXIT;
}

// Adds the numbers that were read. Returns true if there may be more.
static bool add(call_t *call, ending_waitable_status_t status) {
    uint32_t count = ENDING_WAITABLE_COUNT(status);
    for (uint32_t i = 0; i < count; i++) call->total += call->read[i];
    call->left -= count;
    return ENDING_WAITABLE_STATE(status) == ENDING_WAITABLE_COMPLETED && call->left > 0;
}

static ending_callback_code_t read_on(call_t *call) {
    if (call->left == 0) return finish(call);
    for (;;) {
        ending_waitable_status_t status =
            guests_pipeline_squares_stream_u32_read(call->squares, call->read, room(call));
        if (status == ENDING_WAITABLE_STATUS_BLOCKED) {
            ending_waitable_join(call->squares, call->set);
            return ENDING_CALLBACK_CODE_WAIT(call->set);
        }
        if (!add(call, status)) return finish(call);
    }
}

static ending_callback_code_t start(uint32_t to, uint32_t left, void (*give_result)(uint64_t)) {
    call_t *call = calloc(1, sizeof *call);
    call->set = ending_waitable_set_new();
    call->left = left;
    call->give_result = give_result;
    ending_subtask_status_t status = guests_pipeline_squares_squares(to, &call->squares);
    ending_context_set_0(call);
    if (ENDING_SUBTASK_STATE(status) == ENDING_SUBTASK_RETURNED) return read_on(call);
    ending_waitable_join(ENDING_SUBTASK_HANDLE(status), call->set);
    return ENDING_CALLBACK_CODE_WAIT(call->set);
}

static ending_callback_code_t on_event(const ending_event_t *event) {
    call_t *call = ending_context_get_0();
    switch (event->event) {
    case ENDING_EVENT_SUBTASK:
        if (event->code != ENDING_SUBTASK_RETURNED) return ENDING_CALLBACK_CODE_WAIT(call->set);
        ending_subtask_drop(event->waitable);
        return read_on(call);
    case ENDING_EVENT_STREAM_READ:
        return add(call, event->code) ? read_on(call) : finish(call);
    default:
        abort();
    }
}

ending_callback_code_t exports_guests_pipeline_totals_total(uint32_t to) {
    return start(to, UINT32_MAX, exports_guests_pipeline_totals_total_return);
}

ending_callback_code_t exports_guests_pipeline_totals_total_callback(ending_event_t *event) { return on_event(event); }

ending_callback_code_t exports_guests_pipeline_totals_total_of_first(uint32_t to, uint32_t first) {
    return start(to, first, exports_guests_pipeline_totals_total_of_first_return);
}

ending_callback_code_t exports_guests_pipeline_totals_total_of_first_callback(ending_event_t *event) {
    return on_event(event);
}
