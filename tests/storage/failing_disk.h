// A disk that fails when it is told to, below every SQLite connection of the process.
#pragma once

namespace tiermark {

// While one exists, the files of connections opened since go through it. Not for tests at once.
class FailingDisk {
 public:
  enum class Operation { kWrite, kSync };

  FailingDisk();
  ~FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  // The operation after `good` more good ones fails with the SQLite code, and those after it too,
  // until Heal.
  void Fail(Operation operation, int good, int sqlite_code);
  void Heal();

  // Whether an operation has failed since Fail.
  bool failed() const;
};

}  // namespace tiermark
