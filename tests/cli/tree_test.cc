// Completions and the manual page against the App that they are made from.
#include "clients/cli/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "clients/cli/app.h"
#include "clients/cli/completion.h"
#include "clients/cli/manual_page.h"

namespace tiermark::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class TreeTest : public ::testing::Test {
 protected:
  TreeTest() : session_({&out_, &out_, {}, {}}), app_(MakeApp(&session_)), root_(TreeOf(*app_)) {}

  // Every command but the root, with its path behind "tiermark".
  static void Visit(const CommandNode& command, const std::string& path,
                    const std::function<void(const CommandNode&, const std::string&)>& see) {
    for (const CommandNode& below : command.commands) {
      const std::string longer = absl::StrCat(path, path.empty() ? "" : " ", below.name);
      see(below, longer);
      Visit(below, longer, see);
    }
  }

  std::ostringstream out_;
  Session session_;
  std::unique_ptr<CLI::App> app_;
  CommandNode root_;
};

const OptionNode& OptionOf(const CommandNode& command, const std::string& flag) {
  for (const OptionNode& option : command.options) {
    if (option.flags.back() == flag) return option;
  }
  static const OptionNode& none = *new OptionNode();
  ADD_FAILURE() << "no " << flag;
  return none;
}

TEST_F(TreeTest, SaysWhatOptionsTake) {
  EXPECT_EQ(root_.name, "tiermark");
  EXPECT_EQ(OptionOf(root_, "--json").value, "");
  EXPECT_EQ(OptionOf(root_, "--server").value, "HOST:PORT");
  EXPECT_EQ(OptionOf(root_, "--server").environment, "TIERMARK_SERVER");
  EXPECT_TRUE(OptionOf(root_, "--key-file").is_file);
  Visit(root_, "", [](const CommandNode& command, const std::string& path) {
    if (path == "list") {
      EXPECT_THAT(OptionOf(command, "--order").choices,
                  ElementsAre("score", "account-id", "display-name", "last-evaluation"));
      EXPECT_EQ(OptionOf(command, "--order").default_value, "score");
      EXPECT_TRUE(OptionOf(command, "--segment").is_list);
      EXPECT_FALSE(OptionOf(command, "--fact").is_list);
      EXPECT_TRUE(OptionOf(command, "--fact").repeats);
    }
    if (path == "release") {
      ASSERT_EQ(command.positionals.size(), 1U);
      EXPECT_EQ(command.positionals[0].value, "ACCOUNTS");
      EXPECT_TRUE(command.positionals[0].repeats);
      EXPECT_TRUE(command.positionals[0].required);
    }
    EXPECT_NE(path, "manual");
  });
}

TEST_F(TreeTest, EveryCommandAndOption_IsInBothCompletionsAndInTheManual) {
  const std::string bash = BashCompletion(root_);
  const std::string zsh = ZshCompletion(root_);
  const std::string manual = ManualPage(root_, "0");
  int commands = 0;
  Visit(root_, "", [&](const CommandNode& command, const std::string& path) {
    ++commands;
    EXPECT_THAT(bash, HasSubstr(absl::StrCat("'tiermark ", path, "')")));
    EXPECT_THAT(zsh, HasSubstr(absl::StrCat("\n_tiermark_", absl::StrReplaceAll(path, {{" ", "_"}}),
                                            "() {")));
    if (command.commands.empty()) {
      EXPECT_THAT(manual, HasSubstr(absl::StrCat("\\fB", path, "\\fR")));
    }
    EXPECT_FALSE(command.description.empty()) << path;
    for (const OptionNode& option : command.options) {
      const std::string& flag = option.flags.back();
      EXPECT_FALSE(option.description.empty()) << path << " " << flag;
      EXPECT_THAT(bash, HasSubstr(flag));
      EXPECT_THAT(zsh, HasSubstr(absl::StrCat(flag, option.value.empty() ? "[" : "=[")));
      EXPECT_THAT(manual, HasSubstr(absl::StrReplaceAll(flag, {{"-", "\\-"}})));
    }
  });
  EXPECT_GT(commands, 20);
  EXPECT_THAT(manual, HasSubstr("TIERMARK_KEY"));
}

TEST_F(TreeTest, SecretsAreNeverFlags) {
  const auto check = [](const CommandNode& command) {
    for (const OptionNode& option : command.options) {
      EXPECT_THAT(option.flags, Not(Contains("--key")));
      EXPECT_THAT(option.flags, Not(Contains("--api-key")));
    }
  };
  check(root_);
  Visit(root_, "", [&](const CommandNode& command, const std::string&) { check(command); });
}

}  // namespace
}  // namespace tiermark::cli
