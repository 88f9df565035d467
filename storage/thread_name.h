// What a thread is called in debuggers, profilers and `top -H`, and how it stands beside others.
#pragma once

#include <pthread.h>
#include <sys/resource.h>

namespace tiermark {

// `name` has at most 15 characters.
inline void NameThisThread(const char* name) { pthread_setname_np(pthread_self(), name); }

// Lets other threads go first where there are not enough processors: for work on whole portfolios
// that nobody waits for call by call. It cannot be taken back.
inline void GiveWay() {
  constexpr int kNiceness = 10;
  // On Linux 0 stands for the thread, and not its process. A refusal costs others some time.
  setpriority(PRIO_PROCESS, 0, kNiceness);
}

}  // namespace tiermark
