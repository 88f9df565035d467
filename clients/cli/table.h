// Tables and lists of fields for people: aligned, and no wider than the terminal where that can be.
#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "clients/cli/terminal.h"

namespace tiermark::cli {

struct Cell {
  Cell(std::string given, Look as = Look::kPlain)  // NOLINT: a text is a cell.
      : text(std::move(given)), look(as) {}
  Cell(const char* given) : text(given) {}  // NOLINT
  std::string text;
  Look look = Look::kPlain;
};

enum class Align { kLeft, kRight };

struct Column {
  Column(std::string named, Align to = Align::kLeft)  // NOLINT: a name is a column.
      : name(std::move(named)), align(to) {}
  Column(const char* named) : name(named) {}  // NOLINT
  std::string name;
  Align align = Align::kLeft;
};

// Rows below a line of names. The last column is cut where the terminal ends, never elsewhere, and
// not at all in a file.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as columns.
  void Add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  void Print(const Terminal& terminal, std::ostream& to) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// Names with their values below each other; long values go on in further lines.
class Fields {
 public:
  // Nothing of an empty value.
  void Add(std::string name, Cell value);
  void Print(const Terminal& terminal, std::ostream& to) const;

 private:
  std::vector<std::pair<std::string, Cell>> fields_;
};

}  // namespace tiermark::cli
