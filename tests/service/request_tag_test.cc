#include "service/request_tag.h"

#include "absl/strings/str_cat.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

CallInfo Info(TenantId tenant, const std::string& credential, absl::string_view rpc) {
  CallInfo info;
  info.caller.tenant = tenant;
  info.caller.credential = credential;
  info.rpc = rpc;
  return info;
}

TEST(RequestTag, WithoutAnId_IsNone) {
  EXPECT_FALSE(TagRequest(Info(1, "", "rpc"), "", v1::UpsertAccountRequest()).has_value());
}

TEST(RequestTag, TheOrderOfAMap_DoesNotMatter) {
  v1::AccountFacts forth;
  v1::AccountFacts back;
  for (int i = 0; i < 60; ++i) {
    (*forth.mutable_custom())[absl::StrCat("key_", i)].set_int64(i);
    (*back.mutable_custom())[absl::StrCat("key_", 59 - i)].set_int64(59 - i);
  }
  // The same entries in two orders on the wire, too.
  v1::AccountFacts parsed;
  ASSERT_TRUE(parsed.ParseFromString(back.SerializeAsString()));
  EXPECT_EQ(HashOfMessage(forth), HashOfMessage(back));
  EXPECT_EQ(HashOfMessage(forth), HashOfMessage(parsed));
  (*back.mutable_custom())["key_0"].set_int64(1);
  EXPECT_NE(HashOfMessage(forth), HashOfMessage(back));
}

TEST(RequestTag, AnAbsentFact_IsNotZero) {
  v1::AccountFacts zero;
  zero.set_past_due_cases(0);
  EXPECT_NE(HashOfMessage(zero), HashOfMessage(v1::AccountFacts()));
}

TEST(RequestTag, IsOfTenantCredentialRpcAndId) {
  const v1::UpsertAccountRequest body;
  const auto id_hash = [&body](const CallInfo& info, absl::string_view id) {
    return TagRequest(info, id, body)->id_hash();
  };
  const std::string hash = id_hash(Info(1, "key", "rpc"), "id");
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_EQ(id_hash(Info(1, "key", "rpc"), "id"), hash);
  EXPECT_NE(id_hash(Info(2, "key", "rpc"), "id"), hash);
  EXPECT_NE(id_hash(Info(1, "other", "rpc"), "id"), hash);
  EXPECT_NE(id_hash(Info(1, "key", "other"), "id"), hash);
  EXPECT_NE(id_hash(Info(1, "key", "rpc"), "other"), hash);
  // Parts that only run together read the same.
  EXPECT_NE(id_hash(Info(1, "keyr", "pc"), "id"), hash);
  EXPECT_NE(id_hash(Info(1, "key", "rpci"), "d"), hash);
}

TEST(RequestTag, TheBody_IsHashedApart) {
  v1::UpsertAccountRequest body;
  const auto before = TagRequest(Info(1, "", "rpc"), "id", body);
  body.set_account_id("bank");
  const auto after = TagRequest(Info(1, "", "rpc"), "id", body);
  EXPECT_EQ(before->id_hash(), after->id_hash());
  EXPECT_NE(before->body_hash(), after->body_hash());
}

}  // namespace
}  // namespace tiermark
