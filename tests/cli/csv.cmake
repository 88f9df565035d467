# Import and export of CSV.
add_executable(cli_csv_tests csv_columns_test.cc csv_importer_test.cc csv_reader_test.cc
                             csv_rows_test.cc csv_state_test.cc csv_text_test.cc)
target_link_libraries(cli_csv_tests PRIVATE test_support tiermark_cli tiermark_scoring
                                            tiermark_options GTest::gmock GTest::gtest_main)
gtest_discover_tests(cli_csv_tests DISCOVERY_TIMEOUT 60 PROPERTIES LABELS cli)
tiermark_precompile(
  cli_csv_tests <gmock/gmock.h> <google/protobuf/util/message_differencer.h> <gtest/gtest.h>
  <tiermark/v1/account_service.pb.h>)
