// How tiermarkd ends.
#pragma once

namespace tiermark {

// Of commands that look for damage: there is some.
inline constexpr int kExitDamaged = 1;

// As in sysexits(3), which systemd and scripts know.
inline constexpr int kExitUsage = 64;
inline constexpr int kExitUnavailable = 69;
inline constexpr int kExitSoftware = 70;

}  // namespace tiermark
