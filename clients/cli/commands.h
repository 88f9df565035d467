// The commands, a function each: it adds the command with its options to the App, and tells the
// session what it does. What it does runs later, by Session::Run().
#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace tiermark::cli {

class Session;

void AddGetCommand(CLI::App* app, Session* session);
void AddVersionCommand(CLI::App* app, Session* session);

}  // namespace tiermark::cli
