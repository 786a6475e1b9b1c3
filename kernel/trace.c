// SPDX-License-Identifier: GPL-2.0-only
/* Where the code of the tracepoints is made. */

#define CREATE_TRACE_POINTS
#include "trace.h"
