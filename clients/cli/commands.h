// The commands, a function each: it adds the command with its options to the App, and tells the
// session what it does. What it does runs later, by Session::Run().
#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace tiermark::cli {

class Session;

void AddClaimCommand(CLI::App* app, Session* session);
void AddCompareCommand(CLI::App* app, Session* session);
void AddCompletionCommand(CLI::App* app, Session* session);
void AddDueCommand(CLI::App* app, Session* session);
void AddEstimateCommand(CLI::App* app, Session* session);
void AddEvaluateCommand(CLI::App* app, Session* session);
void AddExportCommand(CLI::App* app, Session* session);
void AddGetCommand(CLI::App* app, Session* session);
void AddHistoryCommand(CLI::App* app, Session* session);
void AddImportCommand(CLI::App* app, Session* session);
void AddKeyCommand(CLI::App* app, Session* session);
void AddListCommand(CLI::App* app, Session* session);
void AddModelCommand(CLI::App* app, Session* session);
void AddMovementsCommand(CLI::App* app, Session* session);
void AddPlaybookCommand(CLI::App* app, Session* session);
void AddReleaseCommand(CLI::App* app, Session* session);
void AddReplayCommand(CLI::App* app, Session* session);
void AddShowCommand(CLI::App* app, Session* session);
void AddSummaryCommand(CLI::App* app, Session* session);
void AddVersionCommand(CLI::App* app, Session* session);
void AddWatchCommand(CLI::App* app, Session* session);

// Below `model`.
void AddModelSimulateCommand(CLI::App* app, Session* session);

}  // namespace tiermark::cli
