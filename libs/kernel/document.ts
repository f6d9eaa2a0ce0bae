/** A document of a read model. `id` is unique in its collection. */
export interface Document {
  readonly id: string;
}

/**
 * How a collection is kept. Fields named here are top-level fields of the document holding
 * a string, a number, a boolean or null (null sorts first); everything else is stored and given back untouched.
 */
export interface CollectionSpec {
  /** Such as `user-directory-1`: the name carries the version. */
  readonly name: string;
  /**
   * Each index lists fields: equality fields first, then at most one field that queries range over and sort by.
   * `id` is always the last, implied, tie-break.
   */
  readonly indexes: readonly (readonly string[])[];
  /**
   * Word-start search: `field` holds an array of normalised words; `within` are equality fields (such as the business)
   * a search always names. A search sorted by one of `sorts` costs what a page costs (each costs space and writing);
   * by default the sort field of the first index that has `within`. Other sorts work, slower at many documents.
   */
  readonly words?: { readonly field: string; readonly within: readonly string[]; readonly sorts?: readonly string[] };
}
