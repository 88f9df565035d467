#include "service/http/head.h"

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace tiermark {

HttpHead HeadOf(const boost::beast::http::request_header<>& request) {
  HttpHead head;
  const auto text = [](const auto& view) { return absl::string_view(view.data(), view.size()); };
  head.method = std::string(text(request.method_string()));
  const absl::string_view target = text(request.target());
  head.path = std::string(target.substr(0, target.find('?')));
  constexpr int kHttp11 = 11;
  head.chunks = request.version() == kHttp11;
  for (const auto& field : request) {
    head.headers.emplace_back(absl::AsciiStrToLower(text(field.name_string())),
                              text(field.value()));
  }
  return head;
}

}  // namespace tiermark
