-- A table that others refer to is made anew; the semicolon in the text; must not end the statement.
CREATE TABLE books_new (id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, year INTEGER NOT NULL, shelf TEXT NOT NULL) STRICT;
INSERT INTO books_new SELECT id, title, year, 'a;b' FROM books;
DROP TABLE books;
ALTER TABLE books_new RENAME TO books;
