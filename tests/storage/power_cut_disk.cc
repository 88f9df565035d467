#include "tests/storage/power_cut_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace tiermark {
namespace {

constexpr size_t kSectorBytes = 512;

// Slow, so that cuts meet flushes under way.
constexpr std::chrono::milliseconds kFlushTime(4);

// A write, or a change of the file's size, that no flush has covered yet.
struct Change {
  size_t offset = 0;
  std::string data;
  bool resizes = false;
};

struct File {
  std::string flushed;
  std::vector<Change> changes;
  const sqlite3_io_methods* real = nullptr;
};

std::mutex mutex;
// By path. A file that is deleted is gone at once: that only happens when nobody needs it.
std::map<std::string, File> files;
// More than one connection may have the same file open.
std::map<sqlite3_file*, std::string> path_of;
std::map<const sqlite3_io_methods*, sqlite3_io_methods> wrapped;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs cutting_vfs;

void Apply(const Change& change, std::string* content) {
  if (change.resizes) {
    content->resize(change.offset);
    return;
  }
  if (content->size() < change.offset + change.data.size()) {
    content->resize(change.offset + change.data.size());
  }
  std::memcpy(content->data() + change.offset, change.data.data(), change.data.size());
}

const sqlite3_io_methods* Real(sqlite3_file* file) {
  const std::lock_guard<std::mutex> lock(mutex);
  return files.at(path_of.at(file)).real;
}

void Add(sqlite3_file* file, Change change) {
  const std::lock_guard<std::mutex> lock(mutex);
  files.at(path_of.at(file)).changes.push_back(std::move(change));
}

int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  Add(file, {static_cast<size_t>(offset),
             std::string(static_cast<const char*>(data), static_cast<size_t>(size)), false});
  return Real(file)->xWrite(file, data, size, offset);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  Add(file, {static_cast<size_t>(size), "", true});
  return Real(file)->xTruncate(file, size);
}

// Covers what was written before it began, and nothing of what comes meanwhile.
int Sync(sqlite3_file* file, int flags) {
  size_t covered = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    covered = files.at(path_of.at(file)).changes.size();
  }
  const int code = Real(file)->xSync(file, flags);
  std::this_thread::sleep_for(kFlushTime);
  const std::lock_guard<std::mutex> lock(mutex);
  File& known = files.at(path_of.at(file));
  // Another flush may have ended first.
  const auto end =
      known.changes.begin() + static_cast<std::ptrdiff_t>(std::min(covered, known.changes.size()));
  for (auto change = known.changes.begin(); change != end; ++change) Apply(*change, &known.flushed);
  known.changes.erase(known.changes.begin(), end);
  return code;
}

int Close(sqlite3_file* file) {
  const sqlite3_io_methods* real = Real(file);
  {
    const std::lock_guard<std::mutex> lock(mutex);
    path_of.erase(file);
  }
  return real->xClose(file);
}

int Open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
  if (code != SQLITE_OK || name == nullptr) return code;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto [methods, added] = wrapped.try_emplace(file->pMethods, *file->pMethods);
  if (added) {
    methods->second.xWrite = Write;
    methods->second.xTruncate = Truncate;
    methods->second.xSync = Sync;
    methods->second.xClose = Close;
  }
  File& known = files[name];
  known.real = file->pMethods;
  path_of[file] = name;
  file->pMethods = &methods->second;
  return SQLITE_OK;
}

int Delete(sqlite3_vfs*, const char* name, int flush_directory) {
  {
    const std::lock_guard<std::mutex> lock(mutex);
    files.erase(name);
  }
  return real_vfs->xDelete(real_vfs, name, flush_directory);
}

}  // namespace

PowerCutDisk::PowerCutDisk() {
  if (real_vfs == nullptr) {
    real_vfs = sqlite3_vfs_find(nullptr);
    cutting_vfs = *real_vfs;
    cutting_vfs.zName = "power-cut";
    cutting_vfs.pNext = nullptr;
    cutting_vfs.xOpen = Open;
    cutting_vfs.xDelete = Delete;
  }
  files.clear();
  if (sqlite3_vfs_register(&cutting_vfs, 1) != SQLITE_OK) std::abort();
}

PowerCutDisk::~PowerCutDisk() { sqlite3_vfs_register(real_vfs, 1); }

void PowerCutDisk::Cut(const std::string& directory, std::mt19937_64* random) {
  std::map<std::string, std::string> contents;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    for (const auto& [path, file] : files) {
      // How much of what was not flushed went to the disk by itself.
      const uint64_t kept_of_eight = (*random)() % 9;
      std::string& content = contents[path];
      content = file.flushed;
      for (const Change& change : file.changes) {
        if (change.resizes) {
          if ((*random)() % 8 < kept_of_eight) Apply(change, &content);
          continue;
        }
        for (size_t at = 0; at < change.data.size(); at += kSectorBytes) {
          if ((*random)() % 8 >= kept_of_eight) continue;
          Apply({change.offset + at, change.data.substr(at, kSectorBytes), false}, &content);
        }
      }
    }
  }
  for (const auto& [path, content] : contents) {
    const auto to = std::filesystem::path(directory) / std::filesystem::path(path).filename();
    std::ofstream(to, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    std::filesystem::permissions(
        to, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
}

}  // namespace tiermark
