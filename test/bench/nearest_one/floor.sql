SELECT :longitude::double precision + :latitude::double precision;
