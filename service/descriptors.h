// Descriptors of this process: how many it may have open, and who may take the last of them.
#pragma once

namespace tiermark {

// Connections leave so many to everything else: the store's files, certificates that are read anew,
// the log. Of a limit below four times as many they leave a quarter.
inline constexpr int kDescriptorsKept = 128;

// How many this process may have open now.
int DescriptorLimit();

// Raises that as far as an unprivileged process may (the hard limit), and returns it. The soft
// limit of 1 024 is there for programs that use select(); here nothing does. Call it before threads
// start.
int RaiseDescriptorLimit();

// Whether a descriptor that was just opened for a connection leaves room for everything else. The
// system hands out the lowest number that is free, so a high number says that those beneath are
// taken, and nobody has to count.
bool LeavesRoom(int descriptor);

}  // namespace tiermark
