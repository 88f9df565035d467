// What a thread is called in debuggers, profilers and `top -H`.
#pragma once

#include <pthread.h>

namespace tiermark {

// `name` has at most 15 characters.
inline void NameThisThread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace tiermark
