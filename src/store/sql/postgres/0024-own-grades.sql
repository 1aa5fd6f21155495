-- The grade that was given to an address itself, and the address that one was taken over from because both were called one
-- person's. Parting gives each its own back. Of joins before this nobody knows whose a grade was: it counts as the address's own.
ALTER TABLE buyer ADD COLUMN own_grade TEXT;
ALTER TABLE buyer ADD COLUMN grade_from BIGINT;
UPDATE buyer SET own_grade = grade WHERE grade IS NOT NULL;
