# Import and export of CSV, a part of tiermark_cli.
find_package(nlohmann_json REQUIRED)
target_sources(
  tiermark_cli
  PRIVATE csv_cells.cc
          csv_columns.cc
          csv_reader.cc
          csv_row_writing.cc
          csv_rows.cc
          csv_text.cc
          csv_writer.cc
          export_command.cc
          export_run.cc
          fault_report.cc
          import_command.cc
          import_run.cc
          import_state.cc
          import_stream.cc
          importer.cc
          progress.cc
          state_file.cc)
target_link_libraries(tiermark_cli PRIVATE tiermark_scoring OpenSSL::Crypto Threads::Threads
                                           nlohmann_json::nlohmann_json)
