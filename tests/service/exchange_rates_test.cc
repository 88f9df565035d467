// Exchange rates as versions of the tenant's, each of which evaluations may name for ever.
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/service/models.h"
#include "tiermark/v1/admin_service.pb.h"

namespace tiermark {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;

v1::UpdateExchangeRatesRequest Rates(const std::string& rates,
                                     const std::string& reference = "USD") {
  v1::UpdateExchangeRatesRequest request;
  *request.mutable_exchange_rates() =
      FromText<v1::ExchangeRates>("reference_currency: '" + reference + "' " + rates);
  return request;
}

const char kPesos[] = "rates { currency_code: 'COP' rate: '0.00025' }";

v1::GetExchangeRatesResponse RatesNow(TestService& service, int version = 0) {
  v1::GetExchangeRatesRequest request;
  request.set_version(version);
  const auto response = service.Call<v1::GetExchangeRatesResponse>(request);
  EXPECT_OK(response);
  return response.ok() ? *response : v1::GetExchangeRatesResponse();
}

// The bank with its potential MRR in pesos.
v1::AccountFacts InPesos(int64_t units) {
  v1::AccountFacts facts = BankFacts();
  google::type::Money* amount = facts.mutable_potential_mrr(0)->mutable_amount();
  amount->set_currency_code("COP");
  amount->set_units(units);
  return facts;
}

TEST(ExchangeRates, AreUsdAlone_UntilTheyAreGiven) {
  TestService service;
  const v1::GetExchangeRatesResponse shipped = RatesNow(service);
  EXPECT_EQ(shipped.exchange_rates().version(), 1);
  EXPECT_EQ(shipped.exchange_rates().reference_currency(), "USD");
  EXPECT_FALSE(shipped.has_update_time());
  EXPECT_FAILS(service.Evaluate("bank", InPesos(240'000'000)), kFailedPrecondition,
               "EXCHANGE_RATE_MISSING");
  v1::UpdateExchangeRatesRequest request = Rates(kPesos);
  request.set_expected_version(1);
  const auto updated = service.Call<v1::UpdateExchangeRatesResponse>(request);
  ASSERT_OK(updated);
  EXPECT_EQ(updated->exchange_rates().version(), 2);
  EXPECT_FAILS(service.Call<v1::UpdateExchangeRatesResponse>(request), kAborted, "VERSION_STALE");
  for (int run = 0; run < 2; ++run) {
    EXPECT_TRUE(
        MessageDifferencer::Equals(RatesNow(service).exchange_rates(), updated->exchange_rates()));
    EXPECT_TRUE(RatesNow(service).has_update_time());
    const auto scored = service.Evaluate("bank", InPesos(240'000'000));
    ASSERT_OK(scored);
    EXPECT_EQ(scored->evaluation().score(), 100);
    EXPECT_EQ(scored->evaluation().exchange_rates_version(), 2);
    service.Restart();
  }
}

TEST(ExchangeRates, OldEvaluations_KeepTheirs_AndTellWhatRatesMoved) {
  TestService service;
  ASSERT_OK(service.Call<v1::UpdateExchangeRatesResponse>(Rates(kPesos)));
  const auto first = service.Evaluate("bank", InPesos(240'000'000));
  ASSERT_OK(first);
  // The peso falls by half, and the fact is worth 30 000 USD.
  ASSERT_OK(service.Call<v1::UpdateExchangeRatesResponse>(
      Rates("rates { currency_code: 'COP' rate: '0.000125' }")));
  v1::ReplayEvaluationRequest replay;
  replay.set_evaluation_id(first->evaluation().evaluation_id());
  const auto replayed = service.Call<v1::ReplayEvaluationResponse>(replay);
  ASSERT_OK(replayed);
  EXPECT_TRUE(replayed->identical());
  EXPECT_EQ(replayed->replayed().exchange_rates_version(), 2);
  const auto second = service.Evaluate("bank");
  ASSERT_OK(second);
  EXPECT_EQ(second->evaluation().exact_score(), 9'400);
  EXPECT_EQ(second->evaluation().exchange_rates_version(), 3);
  v1::CompareEvaluationsRequest compare;
  compare.set_from_evaluation_id(first->evaluation().evaluation_id());
  compare.set_to_evaluation_id(second->evaluation().evaluation_id());
  const auto compared = service.Call<v1::CompareEvaluationsResponse>(compare);
  ASSERT_OK(compared);
  ASSERT_EQ(compared->parts_size(), 1);
  EXPECT_EQ(compared->parts(0).cause(), v1::SCORE_CAUSE_EXCHANGE_RATES);
  EXPECT_EQ(compared->parts(0).hundredths(), -600);
  EXPECT_EQ(RatesNow(service, 2).exchange_rates().rates(0).rate(), "0.00025");
  v1::GetExchangeRatesRequest unknown;
  unknown.set_version(4);
  EXPECT_FAILS(service.Call<v1::GetExchangeRatesResponse>(unknown), kNotFound,
               "EXCHANGE_RATES_NOT_FOUND");
  unknown.set_version(-1);
  EXPECT_FAILS(service.Call<v1::GetExchangeRatesResponse>(unknown), kInvalidArgument,
               "INVALID_FIELDS");
}

TEST(ExchangeRates, StillCount_WhenOnlyTheRatesAreNew) {
  TestService service;
  ASSERT_OK(service.Evaluate("bank", BankFacts()));
  ASSERT_OK(service.Call<v1::UpdateExchangeRatesResponse>(Rates(kPesos)));
  ASSERT_OK(service.Evaluate("bank"));
  EXPECT_EQ(service.Get("bank")->scores_size(), 1);
  EXPECT_EQ(service.Get("bank")->segment(), v1::SEGMENT_STRATEGIC);
}

TEST(UpdateExchangeRates, ListsEveryFault) {
  TestService service;
  v1::UpdateExchangeRatesRequest request = Rates(R"(
    rates { currency_code: 'COP' rate: '0' } rates { currency_code: 'XXX' rate: '1' }
    rates { currency_code: 'COP' rate: '1e3' })");
  request.set_expected_version(-1);
  request.set_request_id(std::string(65, 'x'));
  const auto refused = service.Call<v1::UpdateExchangeRatesResponse>(request);
  EXPECT_FAILS(refused, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(refused.status()),
              ElementsAre("exchange_rates.rates[0].rate", "exchange_rates.rates[1].currency_code",
                          "exchange_rates.rates[2].currency_code", "exchange_rates.rates[2].rate",
                          "expected_version", "request_id"));
}

TEST(UpdateExchangeRates, MustKnowTheCurrencyOfTheActiveModels) {
  TestService service;
  const auto refused = service.Call<v1::UpdateExchangeRatesResponse>(Rates(kPesos, "EUR"));
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(FieldsOf(refused.status()), testing::Contains("exchange_rates.rates"));
  ASSERT_OK(service.Call<v1::UpdateExchangeRatesResponse>(
      Rates("rates { currency_code: 'USD' rate: '0.8' }", "EUR")));
  EXPECT_EQ(service.Evaluate("bank", BankFacts())->evaluation().score(), 100);
}

TEST(UpdateExchangeRates, LetATenantMoveToAModelInItsOwnCurrency) {
  TestService service;
  ASSERT_OK(service.Call<v1::UpdateExchangeRatesResponse>(Rates(kPesos)));
  v1::ScoringModel model = DraftOfSegmentation();
  model.set_reference_currency("COP");
  for (auto& tier : *model.mutable_criteria(0)->mutable_money_tiers()->mutable_tiers()) {
    if (tier.has_at_least()) tier.set_at_least(tier.at_least() + "000");
  }
  PublishNow(service, model);
  // 60 000 USD are 240 million pesos.
  EXPECT_EQ(service.Evaluate("bank", BankFacts())->evaluation().criteria(0).points(), 100);
  EXPECT_EQ(service.Evaluate("small", InPesos(49'999'999))->evaluation().criteria(0).points(), 85);
}

TEST(UpdateExchangeRates, ADraftWhoseCurrencyLostItsRate_IsNotPublished) {
  TestService service;
  ASSERT_OK(service.Call<v1::UpdateExchangeRatesResponse>(Rates(kPesos)));
  v1::ScoringModel model = DraftOfSegmentation();
  model.set_reference_currency("COP");
  const std::string draft_id = KeepDraft(service, model);
  ASSERT_OK(service.Call<v1::UpdateExchangeRatesResponse>(Rates("")));
  const auto refused = service.Call<v1::PublishModelResponse>(Publish(draft_id));
  EXPECT_FAILS(refused, kFailedPrecondition, "MODEL_NOT_SOUND");
  EXPECT_THAT(FieldsOf(refused.status()), ElementsAre("reference_currency"));
}

TEST(UpdateExchangeRates, SentAgain_GetsTheFirstAnswer) {
  TestService service;
  v1::UpdateExchangeRatesRequest request = Rates(kPesos);
  request.set_request_id("rates");
  const auto first = service.Call<v1::UpdateExchangeRatesResponse>(request);
  ASSERT_OK(first);
  ASSERT_OK(service.Call<v1::UpdateExchangeRatesResponse>(Rates("")));
  const auto again = service.Call<v1::UpdateExchangeRatesResponse>(request);
  ASSERT_OK(again);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(RatesNow(service).exchange_rates().version(), 3);
  request.set_validate_only(true);
  EXPECT_EQ(service.Call<v1::UpdateExchangeRatesResponse>(request)->exchange_rates().version(), 4);
  EXPECT_EQ(RatesNow(service).exchange_rates().version(), 3);
}

}  // namespace
}  // namespace tiermark
