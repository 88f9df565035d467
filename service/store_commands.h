// `tiermarkd check`, `backup`, `restore` and `migrate`.
#pragma once

#include "service/config.h"

namespace tiermark {

// Does what the command line asks for, tells of it, and returns the exit code: 0, kExitDamaged or
// kExitUnavailable. What was found goes to standard output; progress and errors go to standard
// error, for people.
int RunStoreCommand(const CommandLine& command);

}  // namespace tiermark
