// Returns from each function the result of the host function of the same name.

#include "echo_later.h"
#include <stdlib.h>

#define VALUES(name) guests_echo_values_##name
#define EXPORTED(name) exports_guests_echo_values_##name
// A type of the exported interface has the layout of the imported type, which has another name.
#define AS(name, pointer) ((guests_echo_values_##name##_t *)(pointer))

// Types that are passed by value.
#define BY_VALUE(name, type) \
    type EXPORTED(echo_##name)(type it) { return VALUES(echo_##name)(it); }

BY_VALUE(bool, bool)
BY_VALUE(s8, int8_t)
BY_VALUE(u8, uint8_t)
BY_VALUE(s16, int16_t)
BY_VALUE(u16, uint16_t)
BY_VALUE(s32, int32_t)
BY_VALUE(u32, uint32_t)
BY_VALUE(s64, int64_t)
BY_VALUE(u64, uint64_t)
BY_VALUE(f32, float)
BY_VALUE(f64, double)
BY_VALUE(char, uint32_t)
BY_VALUE(color, guests_echo_types_color_t)
BY_VALUE(few, guests_echo_types_few_t)
BY_VALUE(nine, guests_echo_types_nine_t)
BY_VALUE(all, guests_echo_types_all_t)

// Types whose values own no memory.
#define PLAIN(name, type) \
    void EXPORTED(echo_##name)(type *it, type *ret) { VALUES(echo_##name)(it, ret); }

PLAIN(point, guests_echo_types_point_t)
PLAIN(scalars, guests_echo_types_scalars_t)

// Types whose values own memory: an export owns its parameter, and an import only reads it.
#define OWNED(name, type) \
    void EXPORTED(echo_##name)(type##_t *it, type##_t *ret) { \
        VALUES(echo_##name)(it, ret); \
        type##_free(it); \
    }

OWNED(string, echo_later_string)
OWNED(shape, guests_echo_values_shape)
OWNED(everything, guests_echo_values_everything)
OWNED(bools, echo_later_list_bool)
OWNED(bytes, echo_later_list_u8)
OWNED(shorts, echo_later_list_s16)
OWNED(longs, echo_later_list_u64)
OWNED(floats, echo_later_list_f32)
OWNED(doubles, echo_later_list_f64)
OWNED(chars, echo_later_list_char32)
OWNED(strings, echo_later_list_string)
OWNED(lists, echo_later_list_list_string)
OWNED(pairs, echo_later_list_tuple2_u8_u64)
OWNED(options, echo_later_list_option_u16)
OWNED(tuple, echo_later_tuple6_bool_u64_string_f32_char32_list_u8)

// Types that have another name in the exported interface.
#define RENAMED(name, type) \
    void EXPORTED(echo_##name)(EXPORTED(type##_t) * it, EXPORTED(type##_t) * ret) { \
        VALUES(echo_##name)(AS(type, it), AS(type, ret)); \
        EXPORTED(type##_free)(it); \
    }

RENAMED(points, list_point)
RENAMED(colors, list_color)
RENAMED(shapes, list_shape)
RENAMED(results, tuple4_result_u8_string_result_u64_void_result_void_color_result_void_void)

bool EXPORTED(echo_option)(uint8_t *maybe_it, uint8_t *ret) {
    return VALUES(echo_option)(maybe_it, ret);
}

bool EXPORTED(echo_nested_option)(echo_later_option_string_t *maybe_it, echo_later_option_string_t *ret) {
    bool is_some = VALUES(echo_nested_option)(maybe_it, ret);
    if (maybe_it) echo_later_option_string_free(maybe_it);
    return is_some;
}

bool EXPORTED(echo_result)(EXPORTED(result_point_color_t) * it, guests_echo_types_point_t *ret, guests_echo_types_color_t *err) {
    return VALUES(echo_result)(AS(result_point_color, it), ret, err);
}

bool EXPORTED(echo_result_ok)(EXPORTED(result_string_void_t) * it, echo_later_string_t *ret) {
    bool is_ok = VALUES(echo_result_ok)(AS(result_string_void, it), ret);
    EXPORTED(result_string_void_free)(it);
    return is_ok;
}

bool EXPORTED(echo_result_error)(EXPORTED(result_void_string_t) * it, echo_later_string_t *err) {
    bool is_ok = VALUES(echo_result_error)(AS(result_void_string, it), err);
    EXPORTED(result_void_string_free)(it);
    return is_ok;
}

bool EXPORTED(echo_result_bare)(EXPORTED(result_void_void_t) * it) {
    return VALUES(echo_result_bare)(AS(result_void_void, it));
}

void EXPORTED(echo_many)(bool a, uint8_t b, int16_t c, uint32_t d, int64_t e, float f, double g, uint32_t h,
                         echo_later_string_t *i, echo_later_list_u8_t *j, uint32_t *maybe_k,
                         guests_echo_types_color_t l, echo_later_string_t *ret) {
    VALUES(echo_many)(a, b, c, d, e, f, g, h, i, j, maybe_k, l, ret);
    echo_later_string_free(i);
    echo_later_list_u8_free(j);
}

// Async functions: each blocks its thread until the import has returned.

static void wait_for(echo_later_subtask_status_t status) {
    if (ECHO_LATER_SUBTASK_STATE(status) == ECHO_LATER_SUBTASK_RETURNED) return;
    echo_later_subtask_t task = ECHO_LATER_SUBTASK_HANDLE(status);
    echo_later_waitable_set_t set = echo_later_waitable_set_new();
    echo_later_waitable_join(task, set);
    echo_later_event_t event;
    do {
        echo_later_waitable_set_wait(set, &event);
    } while (event.code != ECHO_LATER_SUBTASK_RETURNED);
    echo_later_subtask_drop(task);
    echo_later_waitable_set_drop(set);
}

#define LATER(name, parameters, result, arguments, cleaning) \
    echo_later_callback_code_t exports_guests_echo_later_##name parameters { \
        result ret; \
        wait_for(guests_echo_later_##name arguments); \
        cleaning; \
        exports_guests_echo_later_##name##_return(ret); \
        return ECHO_LATER_CALLBACK_CODE_EXIT; \
    } \
    echo_later_callback_code_t exports_guests_echo_later_##name##_callback(echo_later_event_t *event) { \
        abort(); \
    }

LATER(echo_u8, (uint8_t it), uint8_t, (it, &ret), )
LATER(echo_string, (echo_later_string_t *it), echo_later_string_t, (*it, &ret), echo_later_string_free(it))
LATER(echo_shape, (guests_echo_types_shape_t *it), guests_echo_types_shape_t, (*it, &ret), guests_echo_types_shape_free(it))
LATER(echo_everything, (guests_echo_types_everything_t *it), guests_echo_types_everything_t, (it, &ret),
      guests_echo_types_everything_free(it))
LATER(echo_strings, (echo_later_list_string_t *it), echo_later_list_string_t, (*it, &ret), echo_later_list_string_free(it))

echo_later_callback_code_t exports_guests_echo_later_echo_result(exports_guests_echo_later_result_string_u8_t *it) {
    guests_echo_later_result_string_u8_t *given = (guests_echo_later_result_string_u8_t *)it;
    guests_echo_later_result_string_u8_t ret;
    wait_for(guests_echo_later_echo_result(*given, &ret));
    guests_echo_later_result_string_u8_free(given);
    exports_guests_echo_later_echo_result_return(*(exports_guests_echo_later_result_string_u8_t *)&ret);
    return ECHO_LATER_CALLBACK_CODE_EXIT;
}

echo_later_callback_code_t exports_guests_echo_later_echo_result_callback(echo_later_event_t *event) { abort(); }

echo_later_callback_code_t exports_guests_echo_later_echo_many(bool a, uint8_t b, int16_t c, uint32_t d,
                                                              echo_later_string_t *e, echo_later_list_u8_t *f) {
    guests_echo_later_echo_many_args_t arguments = {a, b, c, d, *e, *f};
    echo_later_string_t ret;
    wait_for(guests_echo_later_echo_many(&arguments, &ret));
    echo_later_string_free(e);
    echo_later_list_u8_free(f);
    exports_guests_echo_later_echo_many_return(ret);
    return ECHO_LATER_CALLBACK_CODE_EXIT;
}

echo_later_callback_code_t exports_guests_echo_later_echo_many_callback(echo_later_event_t *event) { abort(); }

echo_later_callback_code_t exports_guests_echo_later_nothing(void) {
    wait_for(guests_echo_later_nothing());
    exports_guests_echo_later_nothing_return();
    return ECHO_LATER_CALLBACK_CODE_EXIT;
}

echo_later_callback_code_t exports_guests_echo_later_nothing_callback(echo_later_event_t *event) { abort(); }
