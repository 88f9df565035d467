// Completion scripts, made from the tree of commands.
#pragma once

#include <string>

#include "clients/cli/tree.h"

namespace tiermark::cli {

// Needs nothing but bash itself.
std::string BashCompletion(const CommandNode& root);

// To be sourced, or put as `_tiermark` where $fpath leads.
std::string ZshCompletion(const CommandNode& root);

}  // namespace tiermark::cli
