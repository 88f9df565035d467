#include "service/metrics/page.h"

#include "service/log.h"
#include "service/metrics/families.h"
#include "service/metrics/process_stats.h"
#include "storage/write_queue.h"

namespace tiermark {
namespace {

void AddCalls(const CallMetrics& calls, Families* families) {
  families->BeginCounter(
      "tiermark_calls_total",
      "Calls that ended or were refused, by RPC and gRPC code. Each message of a "
      "stream of requests counts as a call. Codes that never occurred are left "
      "out.");
  for (const CallMetrics::Rpc& rpc : calls.rpcs()) {
    for (size_t code = 0; code < CallMetrics::kCodes; ++code) {
      const auto count = static_cast<double>(rpc.ended[code].load(std::memory_order_relaxed));
      if (count == 0 && code != 0) continue;
      families->Add(count,
                    {{"rpc", rpc.method.name},
                     {"code", absl::StatusCodeToString(static_cast<absl::StatusCode>(code))}});
    }
  }
  families->BeginHistogram(
      "tiermark_call_duration_seconds",
      "Time from the admission of a call to its answer, by RPC; server streams "
      "and refused calls are left out.");
  for (const CallMetrics::Rpc& rpc : calls.rpcs()) {
    if (rpc.method.open == nullptr) families->Add(rpc.took, {{"rpc", rpc.method.name}});
  }
  families->BeginCounter("tiermark_stream_messages_total",
                         "Messages that server streams sent, by RPC.");
  for (const CallMetrics::Rpc& rpc : calls.rpcs()) {
    if (rpc.method.open == nullptr) continue;
    families->Add(static_cast<double>(rpc.messages.load(std::memory_order_relaxed)),
                  {{"rpc", rpc.method.name}});
  }
  families->BeginCounter(
      "tiermark_calls_refused_total",
      "Calls that were refused for who calls, or because something is full, by "
      "reason as in the answer. OTHER: before they began, for any other reason.");
  for (size_t i = 0; i < CallMetrics::kRefusals.size(); ++i) {
    families->Add(static_cast<double>(calls.refused(i)), {{"reason", CallMetrics::kRefusals[i]}});
  }
}

void AddPipeline(const Pipeline& pipeline, Families* families) {
  const PipelineGauges gauges = pipeline.Gauges();
  families->Gauge("tiermark_calls_under_way", "Calls that are being answered now.",
                  static_cast<double>(gauges.calls.now));
  families->Gauge("tiermark_calls_limit", "Calls beyond so many under way are refused.",
                  static_cast<double>(gauges.calls.max));
  families->Gauge("tiermark_streams_open", "Server streams that are open now.",
                  static_cast<double>(gauges.streams.now));
  families->Gauge("tiermark_streams_limit", "Server streams beyond so many are refused.",
                  static_cast<double>(gauges.streams.max));
  families->BeginGauge("tiermark_worker_queue_length",
                       "Work that waits for a thread, by pool: reads (reader), messages of server "
                       "streams (stream), and of those that read whole portfolios (scan).");
  for (const auto& [pool, part] : gauges.waiting) {
    families->Add(static_cast<double>(part.now), {{"pool", pool}});
  }
  families->BeginGauge("tiermark_worker_queue_limit",
                       "Work beyond so much waiting is refused, by pool.");
  for (const auto& [pool, part] : gauges.waiting) {
    families->Add(static_cast<double>(part.max), {{"pool", pool}});
  }
  families->Gauge("tiermark_draining", "1 while the server takes no new calls because it stops.",
                  pipeline.draining() ? 1 : 0);
}

void AddStoreWork(const StoreMetrics& work, Families* families) {
  families->BeginHistogram("tiermark_store_group_writes",
                           "Writes in a group that was committed; its count is that of groups.");
  families->Add(work.group_writes());
  families->BeginHistogram("tiermark_store_commit_duration_seconds",
                           "Time to load, decide and commit a group of writes, without making it "
                           "durable.");
  families->Add(work.commit_took());
  families->BeginHistogram("tiermark_store_flush_duration_seconds",
                           "Time of the disk to make committed groups durable.");
  families->Add(work.flush_took());
  families->BeginHistogram("tiermark_store_checkpoint_duration_seconds",
                           "Time of the steps of moving the write-ahead log into the file. Commits "
                           "wait for copy and end, and not for flush.");
  for (size_t i = 0; i < StoreMetrics::kSteps.size(); ++i) {
    families->Add(work.step_took(i), {{"step", StoreMetrics::kSteps[i]}});
  }
  families->BeginCounter(
      "tiermark_store_faults_total",
      "Operations of the store that failed for the disk or for what is on it, by "
      "kind; unavailable: it cannot be read or written, as when it is read-only.");
  for (size_t i = 0; i < StoreMetrics::kFaults.size(); ++i) {
    families->Add(static_cast<double>(work.faults(i)), {{"kind", StoreMetrics::kFaults[i]}});
  }
}

void AddWaitingWrites(const StoreGauges& gauges, Families* families) {
  families->BeginGauge("tiermark_store_writes_waiting",
                       "Writes that wait to be committed, by queue: of interactive calls, of bulk "
                       "calls, of settings and keys (tenant).");
  families->Add(static_cast<double>(gauges.interactive.writes), {{"queue", "interactive"}});
  families->Add(static_cast<double>(gauges.bulk.writes), {{"queue", "bulk"}});
  families->Add(static_cast<double>(gauges.tenant.writes), {{"queue", "tenant"}});
  families->BeginGauge("tiermark_store_writes_waiting_limit",
                       "Writes beyond so many waiting are refused, by queue.");
  families->Add(static_cast<double>(kQueueItemsMax), {{"queue", "interactive"}});
  families->Add(static_cast<double>(kQueueItemsMax), {{"queue", "bulk"}});
  families->Add(static_cast<double>(kTenantWritesMax), {{"queue", "tenant"}});
  families->BeginGauge("tiermark_store_writes_waiting_bytes",
                       "Size of the writes that wait to be committed, by queue.");
  families->Add(static_cast<double>(gauges.interactive.bytes), {{"queue", "interactive"}});
  families->Add(static_cast<double>(gauges.bulk.bytes), {{"queue", "bulk"}});
  families->BeginGauge("tiermark_store_writes_waiting_limit_bytes",
                       "Writes beyond this size waiting are refused, by queue.");
  families->Add(static_cast<double>(kQueueBytesMax), {{"queue", "interactive"}});
  families->Add(static_cast<double>(kQueueBytesMax), {{"queue", "bulk"}});
}

void AddStore(const StoreGauges& gauges, Families* families) {
  AddWaitingWrites(gauges, families);
  families->Gauge("tiermark_store_readers", "Connections that read the store.", gauges.readers);
  families->Gauge("tiermark_store_readers_busy", "Connections on which a read is under way.",
                  gauges.readers_busy);
  families->Gauge("tiermark_store_reads_waiting", "Reads that wait for a connection.",
                  gauges.readers_waited_for);
  families->Gauge(
      "tiermark_store_oldest_read_seconds",
      "How long the longest of the reads under way has been going on. While it does, the "
      "write-ahead log cannot begin anew.",
      absl::ToDoubleSeconds(gauges.oldest_read));
  families->Counter("tiermark_store_page_cache_hits_total",
                    "Pages of the store that were found in its cache.",
                    static_cast<double>(gauges.cache_hits));
  families->Counter("tiermark_store_page_cache_misses_total",
                    "Pages of the store that were read from its files.",
                    static_cast<double>(gauges.cache_misses));
  families->Gauge("tiermark_store_wal_bytes",
                  "What the write-ahead log holds as of the last commit. The file may be larger.",
                  static_cast<double>(gauges.wal_bytes));
  families->Gauge("tiermark_store_disk_free_bytes",
                  "What is left for this process on the disk of the store.",
                  static_cast<double>(gauges.disk_free_bytes));
}

void AddCounts(const CountsOfStore& counts, Families* families) {
  if (counts.counted == absl::InfinitePast()) return;
  families->BeginGauge(
      "tiermark_due_accounts",
      "Accounts of all tenants that are due for reevaluation, by reason; one that "
      "is due for several counts for each. Counted once a minute, and to 100000 for "
      "each reason: that value means so many or more.");
  for (const auto& [reason, count] : counts.due) {
    families->Add(static_cast<double>(count), {{"reason", reason}});
  }
  families->Gauge("tiermark_accounts",
                  "Accounts of all tenants that were ever stored, those erased since among them. "
                  "Counted once a minute.",
                  static_cast<double>(counts.accounts));
  families->Gauge("tiermark_jobs_unfinished",
                  "Jobs on all accounts of a tenant, as after a new policy or model, that are not "
                  "finished. Counted once a minute.",
                  static_cast<double>(counts.jobs_unfinished));
  families->Gauge("tiermark_job_accounts_done",
                  "Accounts that unfinished jobs have been through. Counted once a minute.",
                  static_cast<double>(counts.job_accounts_done));
  families->Gauge("tiermark_counted_timestamp_seconds",
                  "When accounts, due accounts and jobs were last counted, since the Unix epoch.",
                  absl::ToDoubleSeconds(counts.counted - absl::UnixEpoch()));
}

void AddServer(const TlsFiles* tls, Families* families) {
  if (tls != nullptr) {
    const auto material = tls->current();
    families->Gauge("tiermark_tls_certificate_expiry_timestamp_seconds",
                    "Until when the server's certificate is valid, since the Unix epoch.",
                    absl::ToDoubleSeconds(material->expires - absl::UnixEpoch()));
    families->Gauge("tiermark_tls_certificate_version",
                    "1 at start, and one more each time other certificates were taken.",
                    static_cast<double>(material->version));
  }
  families->BeginCounter("tiermark_log_lines_total", "Lines of the log, by level.");
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    families->Add(static_cast<double>(LogLines(level)), {{"level", NameOfLogLevel(level)}});
  }
  families->BeginGauge("tiermark_build_info", "1, with the server's version.");
  families->Add(1, {{"version", TIERMARK_VERSION}});
}

void AddProcess(const ProcessStats& stats, Families* families) {
  families->Counter("process_cpu_seconds_total", "Processor time of the process, user and system.",
                    stats.cpu_seconds);
  families->Gauge("process_start_time_seconds",
                  "When the process was started, since the Unix epoch.", stats.start_seconds);
  families->Gauge("process_resident_memory_bytes", "Memory of the process that is resident.",
                  static_cast<double>(stats.resident_bytes));
  families->Gauge("process_virtual_memory_bytes", "Memory of the process that is mapped.",
                  static_cast<double>(stats.virtual_bytes));
  families->Gauge("process_open_fds", "Descriptors that are open.",
                  static_cast<double>(stats.descriptors_open));
  families->Gauge("process_max_fds", "Descriptors that may be open.",
                  static_cast<double>(stats.descriptors_max));
}

}  // namespace

std::string MetricsText(const MetricsSources& sources) {
  Families families;
  AddServer(sources.tls, &families);
  AddCalls(sources.calls, &families);
  AddPipeline(sources.pipeline, &families);
  AddStoreWork(sources.store_work, &families);
  AddStore(sources.store.Gauges(), &families);
  AddCounts(sources.store_counts.latest(), &families);
  AddProcess(ReadProcessStats(), &families);
  return families.Text();
}

}  // namespace tiermark
