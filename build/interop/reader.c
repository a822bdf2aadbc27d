// Opens a database in genuine SQLCipher and prints what a query returns. For a test: reader FILE SQL < 64 hex digits.
#include <stdio.h>
#include <string.h>

#include "sqlite3.h"

static int print_row(void *unused, int n, char **values, char **names) {
  (void)unused;
  (void)names;
  for (int i = 0; i < n; i++) printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
  printf("\n");
  return 0;
}

static int run(sqlite3 *db, const char *sql) {
  char *message = NULL;
  if (sqlite3_exec(db, sql, print_row, NULL, &message) == SQLITE_OK) return 0;
  fprintf(stderr, "%s\n", message ? message : sqlite3_errmsg(db));
  return 1;
}

int main(int argc, char **argv) {
  char hex[65], key[96];
  sqlite3 *db;
  if (argc != 3 || scanf("%64s", hex) != 1 || strlen(hex) != 64) return 2;
  if (sqlite3_open(argv[1], &db) != SQLITE_OK) return 1;
  snprintf(key, sizeof key, "PRAGMA key = \"x'%s'\"", hex);
  if (run(db, key) || run(db, "PRAGMA cipher_version") || run(db, "PRAGMA cipher_integrity_check") || run(db, argv[2])) return 1;
  return sqlite3_close(db) != SQLITE_OK;
}
