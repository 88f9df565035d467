#include "service/roles.h"

namespace tiermark {

const std::map<std::string, Role>& RolesOfRpcs() {
  static const auto& roles = *new std::map<std::string, Role>{
      {"tiermark.v1.ScoringService/EvaluateAccount", Role::kScorer},
      {"tiermark.v1.ScoringService/BatchEvaluateAccounts", Role::kScorer},
      {"tiermark.v1.ScoringService/StreamEvaluateAccounts", Role::kScorer},
      {"tiermark.v1.ScoringService/GetSegmentPlaybook", Role::kViewer},
      {"tiermark.v1.ScoringService/ListSegmentPlaybooks", Role::kViewer},
      {"tiermark.v1.ScoringService/ListReevaluationDue", Role::kViewer},
      {"tiermark.v1.ScoringService/GetEvaluation", Role::kViewer},
      {"tiermark.v1.ScoringService/ListEvaluations", Role::kViewer},
      {"tiermark.v1.ScoringService/EstimateScore", Role::kViewer},
      {"tiermark.v1.ScoringService/UpdateSegmentPlaybook", Role::kAdministrator},
      {"tiermark.v1.ScoringService/ClaimReevaluations", Role::kScorer},
      {"tiermark.v1.ScoringService/ReleaseReevaluations", Role::kScorer},
      {"tiermark.v1.ScoringService/CompareEvaluations", Role::kViewer},
      {"tiermark.v1.ScoringService/ReplayEvaluation", Role::kViewer},
      {"tiermark.v1.ScoringService/OverrideSegment", Role::kScorer},
      {"tiermark.v1.ScoringService/ClearOverride", Role::kScorer},
      {"tiermark.v1.AccountService/UpsertAccount", Role::kScorer},
      {"tiermark.v1.AccountService/GetAccount", Role::kViewer},
      {"tiermark.v1.AccountService/BatchGetAccounts", Role::kViewer},
      {"tiermark.v1.AccountService/ListAccounts", Role::kViewer},
      {"tiermark.v1.AccountService/ReportAccountEvent", Role::kScorer},
      {"tiermark.v1.AccountService/ListAccountEvents", Role::kViewer},
      {"tiermark.v1.AccountService/RecordTransactions", Role::kScorer},
      {"tiermark.v1.AccountService/ListTransactions", Role::kViewer},
      {"tiermark.v1.AccountService/SetLifecycleStage", Role::kScorer},
      {"tiermark.v1.AccountService/SetAccountStanding", Role::kScorer},
      {"tiermark.v1.AccountService/ListLifecycleChanges", Role::kViewer},
      {"tiermark.v1.AccountService/GetAccountGroup", Role::kViewer},
      {"tiermark.v1.AccountService/SummarizePortfolio", Role::kViewer},
      {"tiermark.v1.AccountService/ListSegmentMovements", Role::kViewer},
      {"tiermark.v1.AccountService/ListAccountChanges", Role::kViewer},
      {"tiermark.v1.AccountService/WatchAccounts", Role::kViewer},
      {"tiermark.v1.AccountService/ImportAccounts", Role::kScorer},
      {"tiermark.v1.AccountService/ExportAccounts", Role::kViewer},
      {"tiermark.v1.AccountService/DeleteAccount", Role::kAdministrator},
      {"tiermark.v1.ModelService/ListModels", Role::kViewer},
      {"tiermark.v1.ModelService/GetModel", Role::kViewer},
      {"tiermark.v1.ModelService/GetMethodology", Role::kViewer},
      {"tiermark.v1.ModelService/CheckModel", Role::kViewer},
      {"tiermark.v1.ModelService/CompareModels", Role::kViewer},
      {"tiermark.v1.ModelService/CreateDraft", Role::kAdministrator},
      {"tiermark.v1.ModelService/UpdateDraft", Role::kAdministrator},
      {"tiermark.v1.ModelService/DeleteDraft", Role::kAdministrator},
      {"tiermark.v1.ModelService/SimulateModel", Role::kAdministrator},
      {"tiermark.v1.ModelService/PublishModel", Role::kAdministrator},
      {"tiermark.v1.ModelService/RetireModel", Role::kAdministrator},
      {"tiermark.v1.AdminService/GetPolicy", Role::kAdministrator},
      {"tiermark.v1.AdminService/UpdatePolicy", Role::kAdministrator},
      {"tiermark.v1.AdminService/GetExchangeRates", Role::kViewer},
      {"tiermark.v1.AdminService/UpdateExchangeRates", Role::kAdministrator},
      {"tiermark.v1.AdminService/CreateApiKey", Role::kAdministrator},
      {"tiermark.v1.AdminService/ListApiKeys", Role::kAdministrator},
      {"tiermark.v1.AdminService/RevokeApiKey", Role::kAdministrator},
      {"tiermark.v1.AdminService/ListAuditEntries", Role::kAdministrator},
  };
  return roles;
}

Role RoleOfRpc(const std::string& rpc) {
  const auto found = RolesOfRpcs().find(rpc);
  return found == RolesOfRpcs().end() ? Role::kAdministrator : found->second;
}

}  // namespace tiermark
