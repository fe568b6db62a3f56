/* The return values of the library's functions, from our status. */
#ifndef ASYNCRL_LIBRARY_TELL_H
#define ASYNCRL_LIBRARY_TELL_H

#include "base/base.h"

#include <asyncrl/agent.h>
#include <stdio.h>

/* out: NULL is ignored; written if status is not STATUS_OK. */
static inline enum asyncrl_status tell(enum status status, const struct error *error,
                                       struct asyncrl_error *out) {
    if (status == STATUS_OK)
        return ASYNCRL_OK;
    if (out)
        snprintf(out->message, sizeof out->message, "%s", error->message);
    return status == STATUS_BAD_INPUT ? ASYNCRL_BAD_INPUT : ASYNCRL_FAILED;
}

#endif
