// A disk that keeps what was flushed and, when the power is cut, anything or nothing of the rest.
#pragma once

#include <random>
#include <string>

namespace tiermark {

// While one exists, the files of SQLite connections opened since go through it. Not for two tests
// at once.
class PowerCutDisk {
 public:
  PowerCutDisk();
  ~PowerCutDisk();
  PowerCutDisk(const PowerCutDisk&) = delete;
  PowerCutDisk& operator=(const PowerCutDisk&) = delete;

  // Writes to `directory` what the files would hold if the power failed now: all that was flushed,
  // and of every later write all, nothing, or some of its sectors. Safe while others write.
  void Cut(const std::string& directory, std::mt19937_64* random);
};

}  // namespace tiermark
