// Runs the suite of store_test.h, wherever its tests are written, on every backend.
#include "tests/storage/store_test.h"

namespace tiermark {

INSTANTIATE_TEST_SUITE_P(AllBackends, StoreTest, testing::ValuesIn(Backends()), BackendName);

}  // namespace tiermark
