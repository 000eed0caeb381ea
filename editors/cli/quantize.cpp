// curlew quantize: a model file in another weight type.
#include "model/quantize/quantize_model.h"

#include "editors/cli/json_output.h"
#include "editors/cli/options.h"
#include "editors/cli/report.h"
#include "editors/cli/workspace.h"

namespace curlew::cli {
namespace {

Json to_json(const model::QuantizeReport& report, const model::QuantizeRequest& request) {
  Json tensors = Json::object(), bytes = Json::object();
  Json rmse = Json::object(), relative = Json::object();
  for (const auto& [type, of_type] : report.by_type) {
    const char* name = kernels::weight_type_name(type);
    tensors[name] = of_type.tensors;
    bytes[name] = of_type.bytes;
    rmse[name] = of_type.rmse();
    relative[name] = of_type.relative_rmse();
  }
  return {{"out", request.out.string()},
          {"type", request.type},
          {"bytes_in", report.bytes_in},
          {"bytes_out", report.bytes_out},
          {"bits_per_weight", report.bits_per_weight},
          {"tensors_by_type", tensors},
          {"bytes_by_type", bytes},
          {"rmse_by_type", rmse},
          {"relative_rmse_by_type", relative},
          {"seconds", report.seconds}};
}

std::string describe(const model::QuantizeReport& report, const model::QuantizeRequest& request) {
  std::string out =
      fmt::format("{}: {} of {}, {:.2f} bits per weight, {:.1f} s\n", request.out.string(),
                  human_bytes(report.bytes_out), human_bytes(report.bytes_in),
                  report.bits_per_weight, report.seconds);
  for (const auto& [type, of_type] : report.by_type)
    out += fmt::format("  {:<7} {:>5} tensors {:>10}   rmse {:.3g}, {:.3g}% of the weights'\n",
                       kernels::weight_type_name(type), of_type.tensors, human_bytes(of_type.bytes),
                       of_type.rmse(), 100 * of_type.relative_rmse());
  return out;
}

}  // namespace

int run_quantize(const CommonOptions& common, const QuantizeOptions& options) {
  auto in = server::find_model(options.in);
  if (!in) return report(in.error());
  ProgressLine line;
  model::QuantizeRequest request;
  request.in = *in;
  request.out = options.out;
  request.type = options.type;
  request.threads =
      effective_settings(common, workspace_root(common, std::filesystem::current_path())).threads;
  request.replace = options.force;
  request.allow_requantize = options.allow_requantize;
  request.on_progress = [&](double fraction, std::string_view tensor) {
    line.show(fraction, tensor);
  };
  auto result = model::quantize_model(request, std::stop_token());
  line.clear();
  if (!result) return report(result.error());
  return print(common.json ? dump(to_json(*result, request)) + "\n" : describe(*result, request));
}

}  // namespace curlew::cli
