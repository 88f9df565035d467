// The manual page, made from the tree of commands.
#pragma once

#include <string>

#include "clients/cli/tree.h"

namespace tiermark::cli {

// tiermark(1), in the macros of man(7).
std::string ManualPage(const CommandNode& root, const std::string& version);

}  // namespace tiermark::cli
