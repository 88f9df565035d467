#include "clients/cli/importer.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace tiermark::cli {
namespace {

// Messages sent and not answered: one that the server works on, and one that it finds behind it.
constexpr size_t kOutstanding = 2;

// Messages held: beside those, some without a good row wait for them to be done.
constexpr size_t kHeldMax = 4;

}  // namespace

Importer::Importer(OpenStream open, Done done, ImporterOptions options)
    : open_(std::move(open)),
      done_(std::move(done)),
      options_(options),
      gathered_(std::make_unique<Message>()) {}

absl::Status Importer::Add(ImportRow row) {
  if (row.faults.empty()) {
    gathered_bytes_ += row.account.ByteSizeLong();
    gathered_->waiting.push_back(gathered_->rows.size());
  }
  gathered_->rows.push_back(std::move(row));
  if (static_cast<int>(gathered_->rows.size()) < options_.accounts_in_message_max &&
      gathered_bytes_ < options_.message_bytes_max) {
    return absl::OkStatus();
  }
  return SendGathered();
}

absl::Status Importer::Finish() {
  if (!gathered_->rows.empty()) {
    if (absl::Status sent = SendGathered(); !sent.ok()) return sent;
  }
  while (!sent_.empty()) {
    if (absl::Status taken = TakeAnswer(); !taken.ok()) return taken;
  }
  // All is answered, so its end says nothing more.
  if (stream_ != nullptr) stream_->End().IgnoreError();
  stream_ = nullptr;
  return absl::OkStatus();
}

absl::Status Importer::SendGathered() {
  while (sent_.size() >= kOutstanding || (messages_.size() >= kHeldMax && !sent_.empty())) {
    if (absl::Status taken = TakeAnswer(); !taken.ok()) return taken;
  }
  Message* message = messages_.emplace_back(std::move(gathered_)).get();
  gathered_ = std::make_unique<Message>();
  gathered_bytes_ = 0;
  if (message->waiting.empty()) return HandOutDone();
  if (stream_ == nullptr) stream_ = open_();
  sent_.push_back(message);
  Send(*message);
  return absl::OkStatus();
}

void Importer::Send(const Message& message) {
  std::vector<const v1::ImportedAccount*> accounts;
  for (const size_t place : message.waiting) accounts.push_back(&message.rows[place].account);
  stream_->Send(accounts);
}

absl::Status Importer::TakeAnswer() {
  auto answer = stream_->AwaitAnswer();
  while (!answer) {
    if (absl::Status connected = Reconnect(); !connected.ok()) return connected;
    answer = stream_->AwaitAnswer();
  }
  ever_answered_ = true;
  breaks_ = 0;
  Message* message = sent_.front();
  sent_.pop_front();
  std::vector<size_t> again;
  std::chrono::milliseconds pause(0);
  const auto now = std::chrono::steady_clock::now();
  for (size_t i = 0; i < answer->size(); ++i) {
    ImportRow& row = message->rows[message->waiting[i]];
    row.outcome = std::move((*answer)[i]);
    if (row.outcome.error.ok()) continue;
    const auto wait = PauseAfter(row.outcome.error, message->attempts);
    if (!wait) continue;
    if (message->attempts == 0) message->refused_since = now;
    // It is no fault of the row, so it is not told as one: the import can go on later.
    if (now + *wait - message->refused_since > options_.patience) return row.outcome.error;
    again.push_back(message->waiting[i]);
    pause = std::max(pause, *wait);
  }
  message->waiting = std::move(again);
  if (message->waiting.empty()) return HandOutDone();
  ++message->attempts;
  std::this_thread::sleep_for(pause);
  sent_.push_back(message);
  Send(*message);
  return absl::OkStatus();
}

// What the server did before the stream broke is asked for once more; the request ids know.
absl::Status Importer::Reconnect() {
  absl::Status broken = stream_->End();
  const auto now = std::chrono::steady_clock::now();
  if (breaks_ == 0) broken_since_ = now;
  const auto pause = PauseAfter(broken, breaks_);
  ++breaks_;
  const bool too_often = !ever_answered_ && breaks_ >= options_.first_attempts_max;
  if (!pause || too_often || now + *pause - broken_since_ > options_.patience) return broken;
  std::this_thread::sleep_for(*pause);
  stream_ = open_();
  for (const Message* message : sent_) Send(*message);
  return absl::OkStatus();
}

absl::Status Importer::HandOutDone() {
  while (!messages_.empty() && messages_.front()->waiting.empty()) {
    if (absl::Status told = done_(messages_.front()->rows); !told.ok()) return told;
    messages_.pop_front();
  }
  return absl::OkStatus();
}

}  // namespace tiermark::cli
