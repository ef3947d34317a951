// report.html: a benchmark as one page.

#ifndef STROBE_CLIENT_LOAD_HTML_REPORT_H_
#define STROBE_CLIENT_LOAD_HTML_REPORT_H_

#include <string>

#include "client/load/bench_report.h"

namespace strobe::client {

// A complete page without scripts and without anything from elsewhere; light or dark as the reader
// likes.
std::string HtmlReport(const BenchReport& report);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_HTML_REPORT_H_
