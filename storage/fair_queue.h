// A queue in which tenants take turns.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

#include "storage/store.h"

namespace tiermark {

// What each tenant put in comes out in that order, and tenants come out in turn: however much one
// has waiting, the next of another is out after one of each. Not thread-safe.
template <typename Item>
class FairQueue {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  // Whether a tenant has so much waiting that another could find no place among `size_max`: three
  // quarters of it. Never while there was only one tenant.
  bool Crowds(TenantId tenant, size_t size_max) const {
    if (lines_.size() < 2) return false;
    const auto line = lines_.find(tenant);
    return line != lines_.end() && line->second.size() >= size_max - size_max / 4;
  }

  void Push(TenantId tenant, Item item) {
    std::deque<Item>& line = lines_[tenant];
    if (line.empty()) turns_.push_back(&line);
    line.push_back(std::move(item));
    ++size_;
  }

  // The item whose turn it is; there must be one, here and below.
  Item& front() { return turns_.front()->front(); }

  Item Pop() {
    std::deque<Item>* const line = turns_.front();
    turns_.pop_front();
    Item item = std::move(line->front());
    line->pop_front();
    if (!line->empty()) turns_.push_back(line);
    --size_;
    return item;
  }

 private:
  // A line stays where it is, empty or not: there are as many as tenants.
  std::map<TenantId, std::deque<Item>> lines_;
  // Those that are not empty.
  std::deque<std::deque<Item>*> turns_;
  size_t size_ = 0;
};

}  // namespace tiermark
